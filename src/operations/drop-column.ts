import { z } from "zod";
import { columnName, sqlExpression, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import { requireColumn, requireTable, withTable } from "../steps/catalog-lookup.ts";
import { nameQuestions } from "../steps/free-of-path.ts";
import type { Operation } from "./operation.ts";
import { dropColumnStep } from "../steps/drop-column.ts";
import { addAgain, columnBefore, unknownColumn } from "./add-again.ts";

interface DropColumnFields {
  readonly table: string;
  readonly column: string;
  readonly fill?: string | number | boolean | undefined;
}

/** A column stops being required, so that the new version need not know it; then it is hidden, and dropped after the soak. */
export const dropColumn: Operation<DropColumnFields> = {
  kind: "drop_column",
  fields: z
    .strictObject({
      table: tableName,
      column: columnName,
      fill: sqlExpression
        .optional()
        .describe("What the old version finds in rows that the new version writes. Without it: NULL."),
    })
    .describe("Drops a column, after hiding it."),
  tables: (fields, schema) => [parseTableName(fields.table, schema)],
  touches: (fields, schema) => [{ table: parseTableName(fields.table, schema), column: fields.column }],
  effects: dropColumnStep.effects,
  questions: ({ fill }) => (fill === undefined ? [] : nameQuestions([fill])),
  compile({ table, column, fill }, catalog) {
    const found = requireTable(catalog, table);
    const { notNull, default: given, identity, generated } = requireColumn(found, column);
    const required = notNull && given === null && identity === null && generated === null;
    return {
      expand:
        fill === undefined
          ? required
            ? [{ kind: "drop_not_null", fields: { table, column } }]
            : []
          : [{ kind: "sync", fields: { table, fill: { [column]: fill } } }],
      backfill: [],
      contract: [{ kind: "drop_column", fields: { table, column } }],
    };
  },
  after({ table, column }, catalog) {
    const found = catalog.tables[relationKey(parseTableName(table, catalog.defaultSchema))];
    if (found === undefined) return catalog;
    return withTable(catalog, { ...found, columns: found.columns.filter((c) => c.name !== column) });
  },
  inverse({ table, column }, before) {
    const old = columnBefore(before, table, column);
    if (old === null) return unknownColumn(table, column);
    return {
      expand: [addAgain(table, old)],
      lost: [`every value of ${table}.${column}, and its indexes and constraints`],
    };
  },
};
