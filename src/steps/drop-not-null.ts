import { z } from "zod";
import { columnName, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { exclusiveLocks, nameOf, requireColumn, requireTable, withColumn } from "./catalog-lookup.ts";
import { hiddenColumns } from "./contract-entries.ts";
import { restoreNotNull } from "./restore-not-null.ts";
import type { StepKind } from "./step-kind.ts";
import { nullAfterReverse } from "./sync-verification.ts";

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
  lower(fields, context) {
    const table = requireTable(context.catalog, fields.table);
    const column = requireColumn(table, fields.column);
    if (!column.notNull) return {};
    return {
      expand: [
        {
          kind: "transaction",
          title: `drop not null of ${relationKey(table)}.${fields.column}`,
          table: nameOf(table),
          statements: [`ALTER TABLE ${qualified(table)} ALTER COLUMN ${ident(fields.column)} DROP NOT NULL`],
          locks: exclusiveLocks(table),
          patience: "short",
          scans: false,
          rewrites: false,
          undo: restoreNotNull(table, fields.column),
        },
      ],
      losses: [
        nullAfterReverse(table, fields.column, hiddenColumns(context, table).get(fields.column) ?? fields.column),
      ],
    };
  },
  after: (fields, catalog) =>
    withColumn(catalog, parseTableName(fields.table, catalog.defaultSchema), fields.column, { notNull: false }),
};
