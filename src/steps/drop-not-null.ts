import { z } from "zod";
import type { Column, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { columnName, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import { partitionsOf } from "./carry-family.ts";
import { exclusiveLocks, requireColumn, requireTable, withColumn } from "./catalog-lookup.ts";
import { hiddenColumns } from "./contract-entries.ts";
import { dropNotNullStatements } from "./drop-not-null-statements.ts";
import { restoreNotNull } from "./restore-not-null.ts";
import type { StepKind } from "./step-kind.ts";
import { nullAfterReverse } from "./sync-verification.ts";
import { shortTransaction } from "./transaction-draft.ts";
import { usesColumns } from "./schema-objects.ts";

const fields = z.strictObject({ table: tableName, column: columnName }).describe("Makes a column nullable.");
export type DropNotNullFields = z.infer<typeof fields>;

/** A column stops being required: one short ALTER. */
export const dropNotNullStep = {
  kind: "drop_not_null",
  fields,
  phases: ["expand"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  touches: ({ column, table }, schema) => [{ table: parseTableName(table, schema), column }],
  effects: ({ table, column }, schema) => usesColumns(table, schema, [column]),
  lower(written, context) {
    const table = requireTable(context.catalog, written.table);
    const column = requireColumn(table, written.column);
    if (!column.notNull) return {};
    refuseKept(table, column);
    return {
      expand: [
        shortTransaction(
          {
            title: `drop not null of ${relationKey(table)}.${written.column}`,
            table,
            statements: dropNotNullStatements(context.catalog, table, written.column),
            locks: exclusiveLocks(table),
          },
          restoreNotNull(table, written.column, partitionsOf(context.catalog, table)),
        ),
      ],
      losses: [
        nullAfterReverse(table, written.column, hiddenColumns(context, table).get(written.column) ?? written.column),
      ],
    };
  },
  after: ({ column, table }, catalog) =>
    withColumn(catalog, parseTableName(table, catalog.defaultSchema), column, { notNull: false }),
} satisfies StepKind<DropNotNullFields>;

/** @throws SegueError SEG0101 for what PostgreSQL itself refuses DROP NOT NULL for. */
function refuseKept(table: Table, column: Column): void {
  const keeper = keeperOf(table, column);
  if (keeper === null) return;
  const object = `${relationKey(table)}.${column.name}`;
  throw new SegueError("SEG0101", { message: `${object} can't become nullable: it is ${keeper}`, object });
}

function keeperOf(table: Table, { identity, inherited, name }: Column): string | null {
  const key = table.constraints.find((constraint) => constraint.kind === "primary key");
  if (key?.columns.includes(name) === true) return `in the primary key ${key.name}`;
  if (identity !== null) return "an identity column";
  const replica = table.indexes.find((index) => index.replicaIdentity);
  if (replica?.columns.includes(name) === true) return `in the replica identity ${replica.name}`;
  return inherited ? "inherited from another table" : null;
}
