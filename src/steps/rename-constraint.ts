import { z } from "zod";
import type { Catalog, Constraint, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { objectName, tableName } from "../model/fields.ts";
import type { TableLock } from "../model/lock.ts";
import { relationKey } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { partitionsOf } from "./carry-family.ts";
import { canRenameNotNull } from "./carry-not-null.ts";
import { nameOf, requireConstraint, requireTable, withTable } from "./catalog-lookup.ts";
import { chooseName, constraintsOf, relationsOf } from "./choose-name.ts";
import { usesColumns } from "./schema-objects.ts";
import type { StepKind } from "./step-kind.ts";
import { shortTransaction, undoTransaction } from "./transaction-draft.ts";

const fields = z
  .strictObject({
    table: tableName,
    from: objectName.describe("A constraint of the table."),
    to: objectName.describe("Its new name."),
  })
  .describe("Gives a constraint, and the index behind it, another name.");
export type RenameConstraintFields = z.infer<typeof fields>;

/** ALTER TABLE … RENAME CONSTRAINT: one short ALTER, which also renames the index of a key. */
export const renameConstraintStep = {
  kind: "rename_constraint",
  fields,
  phases: ["expand", "contract"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  touches: ({ table }, schema) => [{ table: parseTableName(table, schema), column: null }],
  effects: ({ table }, schema) => usesColumns(table, schema),
  lower(written, { catalog, phase }) {
    const table = requireTable(catalog, written.table);
    const constraint = renamableConstraint(written, catalog);
    const place = relationKey(table);
    const rename = (from: string, to: string): readonly string[] => [
      `ALTER TABLE ${qualified(table)} RENAME CONSTRAINT ${ident(from)} TO ${ident(to)}`,
    ];
    const transaction = (from: string, to: string) => ({
      title: `rename constraint ${from} of ${place} to ${to}`,
      table,
      statements: rename(from, to),
      locks: locksOf(table, constraint, from),
    });
    const draft = shortTransaction(transaction(written.from, written.to), [
      undoTransaction(transaction(written.to, written.from)),
    ]);
    const warnings = [
      `constraint ${written.from} of ${place} is called ${written.to} from then on, for every version: in errors${constraint.index === null ? "" : ", and for ON CONFLICT ON CONSTRAINT, which fails with the old name"}`,
    ];
    return phase === "contract" ? { cutover: [draft], warnings } : { expand: [draft], warnings };
  },
  after: ({ from, table: name, to }, catalog) => {
    const table = requireTable(catalog, name);
    const named = <T extends { readonly name: string }>(one: T): T => (one.name === from ? { ...one, name: to } : one);
    const constraints = table.constraints.map((one) =>
      one.name === from ? { ...one, name: to, index: one.index === null ? null : to } : one,
    );
    const indexes = table.indexes.map((one) => (one.constraint === from ? { ...named(one), constraint: to } : one));
    const columns = table.columns.map((one) =>
      one.notNullConstraint === from ? { ...one, notNullConstraint: to } : one,
    );
    return withTable(catalog, { ...table, constraints, indexes, columns });
  },
} satisfies StepKind<RenameConstraintFields>;

/** A check or NOT NULL goes by one name on all tables below; any other constraint has a name of its own on each. */
function locksOf(table: Table, constraint: Constraint, name: string): readonly TableLock[] {
  const reaches = (constraint.kind === "check" || constraint.kind === "not null") && !constraint.noInherit;
  const below = reaches ? [...table.partitions.map((partition) => partition.name), ...table.inheritanceChildren] : [];
  const index: readonly TableLock[] =
    constraint.index === null ? [] : [{ relation: { schema: table.schema, name }, mode: "SHARE UPDATE EXCLUSIVE" }];
  return [
    ...[table, ...below].map((one): TableLock => ({ relation: nameOf(one), mode: "ACCESS EXCLUSIVE" })),
    ...index,
  ];
}

/** The constraint, if it may be called so. @throws SegueError SEG0101 */
export function renamableConstraint(written: RenameConstraintFields, catalog: Catalog): Constraint {
  const table = requireTable(catalog, written.table);
  const constraint = requireConstraint(table, written.from);
  const refusal = (message: string): SegueError =>
    new SegueError("SEG0101", {
      message: `constraint ${written.from} of ${relationKey(table)} ${message}`,
      object: `${relationKey(table)}.${written.from}`,
    });
  if (constraint.kind === "trigger") throw refusal("is a constraint trigger: ALTER TRIGGER renames it");
  if (constraint.kind === "check" || constraint.kind === "not null") {
    if (constraint.inherited) throw refusal("is inherited: rename it on the table that it comes from");
  }
  if (constraint.kind === "not null") {
    const [column = ""] = constraint.columns;
    if (!canRenameNotNull([table, ...partitionsOf(catalog, table)], table, column))
      throw refusal("has another name on a partition, which PostgreSQL does not rename");
  }
  const relations = constraint.index === null ? [] : [relationsOf(catalog, table.schema)];
  chooseName(written.to, written.to, constraintsOf(catalog, table), ...relations);
  return constraint;
}
