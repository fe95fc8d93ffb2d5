import { z } from "zod";
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

interface DropNotNullFields {
  readonly table: string;
  readonly column: string;
}

/** A column stops being required: one short ALTER. */
export const dropNotNullStep: StepKind<DropNotNullFields> = {
  kind: "drop_not_null",
  fields: z.strictObject({ table: tableName, column: columnName }).describe("Makes a column nullable."),
  phases: ["expand"],
  tables: (fields, schema) => [parseTableName(fields.table, schema)],
  touches: (fields, schema) => [{ table: parseTableName(fields.table, schema), column: fields.column }],
  effects: ({ table, column }, schema) => usesColumns(table, schema, [column]),
  lower(fields, context) {
    const table = requireTable(context.catalog, fields.table);
    const column = requireColumn(table, fields.column);
    if (!column.notNull) return {};
    return {
      expand: [
        shortTransaction(
          {
            title: `drop not null of ${relationKey(table)}.${fields.column}`,
            table,
            statements: dropNotNullStatements(context.catalog, table, fields.column),
            locks: exclusiveLocks(table),
          },
          restoreNotNull(table, fields.column, partitionsOf(context.catalog, table)),
        ),
      ],
      losses: [
        nullAfterReverse(table, fields.column, hiddenColumns(context, table).get(fields.column) ?? fields.column),
      ],
    };
  },
  after: (fields, catalog) =>
    withColumn(catalog, parseTableName(fields.table, catalog.defaultSchema), fields.column, { notNull: false }),
};
