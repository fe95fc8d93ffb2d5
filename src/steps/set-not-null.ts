import { z } from "zod";
import type { Catalog, Column, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { columnName, tableName } from "../model/fields.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { deriveName, ident, parseTableName, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { exclusiveLocks, requireColumn, requireTable, withColumn } from "./catalog-lookup.ts";
import { dropConstraintUndo } from "./drop-constraint-undo.ts";
import type { Draft, StepKind } from "./step-kind.ts";
import { familyLocks, scanningTransaction, shortTransaction, undoTransaction } from "./transaction-draft.ts";
import { validateConstraint } from "./validate-constraint.ts";
import { usesColumns } from "./schema-objects.ts";

const fields = z
  .strictObject({ table: tableName, column: columnName })
  .describe("Makes a column NOT NULL without a scan under a strong lock.");
export type SetNotNullFields = z.infer<typeof fields>;

/**
 * SET NOT NULL reads the whole table under ACCESS EXCLUSIVE, unless a valid CHECK proves that there is nothing to
 * find. So a check is added NOT VALID, validated under a lock that stops nobody, used as the proof, and dropped.
 * One path for every major: 18's NOT NULL … NOT VALID saves only the drop.
 */
export const setNotNullStep = {
  kind: "set_not_null",
  fields,
  phases: ["backfill", "contract"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  touches: ({ column, table }, schema) => [{ table: parseTableName(table, schema), column }],
  effects: ({ column, table }, schema) => usesColumns(table, schema, [column]),
  lower(written, { catalog, phase, plan }) {
    const table = requireTable(catalog, written.table);
    const column = requireColumn(table, written.column);
    requireNullable(table, column);
    const drafts =
      column.notNullConstraint !== null && column.notNull
        ? [validateStanding(table, column, column.notNullConstraint)]
        : proveThenSet(table, column, plan, catalog);
    return phase === "contract" ? { cutover: drafts } : { backfill: drafts };
  },
  after: (written, catalog) =>
    withColumn(catalog, requireTable(catalog, written.table), written.column, { notNull: true, notNullValid: true }),
} satisfies StepKind<SetNotNullFields>;

/** @throws SegueError SEG0101 for a column that is NOT NULL already. */
function requireNullable(table: Table, column: Column): void {
  if (!column.notNull || (column.notNullConstraint !== null && !column.notNullValid)) return;
  const object = `${relationKey(table)}.${column.name}`;
  throw new SegueError("SEG0101", {
    message: `${object} is NOT NULL already`,
    object,
    next: "Leave the set_not_null out of the plan.",
  });
}

/** The column as the plan names it, if it can still become NOT NULL. @throws SegueError SEG0101 */
export function nullableColumn(written: SetNotNullFields, catalog: Catalog): Column {
  const table = requireTable(catalog, written.table);
  const column = requireColumn(table, written.column);
  requireNullable(table, column);
  return column;
}

function proveThenSet(table: Table, column: Column, plan: string, catalog: Catalog): readonly Draft[] {
  const place = `${relationKey(table)}.${column.name}`;
  const target = `ALTER TABLE ${qualified(table)}`;
  const check = deriveName("segue_not_null_", column.name, `${plan}:${relationKey(table)}`);
  const locks = exclusiveLocks(table);
  return [
    shortTransaction(
      {
        title: `require new rows to have ${place}`,
        table,
        statements: [`${target} ADD CONSTRAINT ${ident(check)} CHECK (${ident(column.name)} IS NOT NULL) NOT VALID`],
        locks,
      },
      [dropConstraintUndo(table, table, check, locks)],
    ),
    ...validateConstraint(table, check),
    shortTransaction(
      {
        title: `set not null on ${place}`,
        table,
        // Two statements: within one ALTER TABLE the constraint would be dropped before it could prove anything.
        statements: [
          `${target} ALTER COLUMN ${ident(column.name)} SET NOT NULL`,
          `${target} DROP CONSTRAINT ${ident(check)}`,
        ],
        locks,
      },
      [
        undoTransaction({
          title: `drop not null of ${place}`,
          table,
          statements: [table, ...nullablePartitions(catalog, table, column)].map(
            (member) => `ALTER TABLE ${qualified(member)} ALTER COLUMN ${ident(column.name)} DROP NOT NULL`,
          ),
          locks,
        }),
      ],
    ),
  ];
}

/** From 18 on a primary key that a partition got since makes the constraint the partition's own: it stays behind the parent's. */
function nullablePartitions(catalog: Catalog, table: Table, column: Column): readonly RelationName[] {
  if (catalog.major < 18) return [];
  const required = (partition: RelationName): boolean =>
    catalog.tables[relationKey(partition)]?.columns.some((c) => c.name === column.name && c.notNull) === true;
  return table.partitions.map(({ name }) => name).filter((name) => !required(name));
}

const PLAIN = { comment: null, noInherit: false };

/** 18 and newer: a NOT NULL constraint stands, NOT VALID. To leave it as it was, it is put back unvalidated. */
function validateStanding(table: Table, column: Column, constraint: string): Draft {
  const target = `ALTER TABLE ${qualified(table)}`;
  const { comment, noInherit } = table.constraints.find((c) => c.name === constraint) ?? PLAIN;
  const restore = undoTransaction({
    title: `put back ${constraint} of ${relationKey(table)}, not valid`,
    table,
    statements: [
      `${target} DROP CONSTRAINT IF EXISTS ${ident(constraint)}`,
      `${target} ADD CONSTRAINT ${ident(constraint)} NOT NULL ${ident(column.name)}${noInherit ? " NO INHERIT" : ""} NOT VALID`,
      ...(comment === null
        ? []
        : [`COMMENT ON CONSTRAINT ${ident(constraint)} ON ${qualified(table)} IS ${literal(comment)}`]),
    ],
    locks: exclusiveLocks(table),
  });
  // The partitions' constraints may bear other names: the parent's turn finds them by the column.
  const validation = scanningTransaction({
    title: `validate constraint ${constraint} of ${relationKey(table)}`,
    table,
    statements: [`${target} VALIDATE CONSTRAINT ${ident(constraint)}`],
    locks: familyLocks(table, "SHARE UPDATE EXCLUSIVE"),
  });
  return { ...validation, undo: [restore] };
}
