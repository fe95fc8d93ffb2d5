import { z } from "zod";
import type { Catalog, Constraint, Table } from "../model/catalog.ts";
import { objectName, sqlExpression, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { type Expression, parseExpression, scalarToSql } from "../sql/expression.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";

import { exclusiveLocks, requireTable, withTable } from "./catalog-lookup.ts";
import { chooseName, constraintsOf } from "./choose-name.ts";
import { dropConstraintUndo } from "./drop-constraint-undo.ts";
import type { StepKind } from "./step-kind.ts";
import { shortTransaction } from "./transaction-draft.ts";
import { validateConstraint } from "./validate-constraint.ts";

const fields = z
  .strictObject({
    table: tableName,
    name: objectName.optional().describe("Default: `<table>_<column>_check`."),
    check: sqlExpression,
    no_inherit: z.boolean().optional().describe("Does not hold for tables that inherit from this one."),
  })
  .describe("Adds a CHECK constraint without a scan under a strong lock.");
export type AddCheckFields = z.infer<typeof fields>;

/** ADD CONSTRAINT … CHECK … NOT VALID holds for new rows; VALIDATE, in a later transaction, proves the old ones. */
export const addCheckStep = {
  kind: "add_check",
  fields,
  phases: ["backfill"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  // Which columns the check reads is known only with the catalog at hand.
  touches: ({ table }, schema) => [{ table: parseTableName(table, schema), column: null }],
  lower(written, { catalog }) {
    const table = requireTable(catalog, written.table);
    const name = checkName(written, catalog);
    const add = shortTransaction(
      {
        title: `add check ${name} to ${relationKey(table)}`,
        table,
        statements: [
          `ALTER TABLE ${qualified(table)} ADD CONSTRAINT ${ident(name)} ${definition(written, table)} NOT VALID`,
        ],
        locks: exclusiveLocks(table),
      },
      [dropConstraintUndo(table, table, name, exclusiveLocks(table))],
    );
    return { backfill: [add, ...validateConstraint(table, name)] };
  },
  after: (written, catalog) => {
    const table = requireTable(catalog, written.table);
    const expression = parse(written, table);
    const constraint: Constraint = {
      name: checkName(written, catalog),
      kind: "check",
      definition: definition(written, table),
      expression: expression.render(""),
      columns: expression.columns,
      references: null,
      deferrable: false,
      initiallyDeferred: false,
      valid: true,
      index: null,
      comment: null,
      inherited: false,
      noInherit: written.no_inherit === true,
    };
    return withTable(catalog, { ...table, constraints: [...table.constraints, constraint] });
  },
} satisfies StepKind<AddCheckFields>;

/** The name given, or PostgreSQL's own pattern. @throws SegueError SEG0101 if the given one is taken. */
export function checkName(written: AddCheckFields, catalog: Catalog): string {
  const table = requireTable(catalog, written.table);
  const { columns } = parse(written, table);
  const [only] = columns.length === 1 ? columns : [];
  const wanted = [table.name, ...(only === undefined ? [] : [only]), "check"].join("_");
  return chooseName(written.name, wanted, constraintsOf(catalog, table));
}

function definition(written: AddCheckFields, table: Table): string {
  return `CHECK (${parse(written, table).render("")})${written.no_inherit === true ? " NO INHERIT" : ""}`;
}

function parse({ check }: AddCheckFields, table: Table): Expression {
  return parseExpression(scalarToSql(check), { table, columns: table.columns.map((column) => column.name) });
}
