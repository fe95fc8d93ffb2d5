import { z } from "zod";
import { columnName, tableName, typeName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { canonicalType } from "./add-column.ts";
import { exclusiveLocks, nameOf, requireColumn, requireTable, withColumn } from "./catalog-lookup.ts";
import type { StepKind } from "./step-kind.ts";

interface AlterTypeFields {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly reverses?: boolean | undefined;
}

/** A type change that the server was shown to do without touching a row: one short ALTER. */
export const alterType: StepKind<AlterTypeFields> = {
  kind: "alter_type",
  fields: z
    .strictObject({
      table: tableName,
      column: columnName,
      type: typeName,
      reverses: z.boolean().optional().describe("True if the way back needs no rewrite either."),
    })
    .describe("Changes a type in place, where that rewrites and scans nothing."),
  phases: ["expand"],
  tables: (fields, schema) => [parseTableName(fields.table, schema)],
  touches: (fields, schema) => [{ table: parseTableName(fields.table, schema), column: fields.column }],
  lower(fields, context) {
    const table = requireTable(context.catalog, fields.table);
    const column = requireColumn(table, fields.column);
    const alter = (type: string): string =>
      `ALTER TABLE ${qualified(table)} ALTER COLUMN ${ident(fields.column)} TYPE ${type}${column.collation === null ? "" : ` COLLATE ${column.collation}`}`;
    const body = {
      kind: "transaction" as const,
      table: nameOf(table),
      locks: exclusiveLocks(table),
      patience: "short" as const,
      scans: false,
      rewrites: false,
    };
    const back = `change ${relationKey(table)}.${fields.column} back to ${column.type}`;
    return {
      expand: [
        {
          ...body,
          title: `change ${relationKey(table)}.${fields.column} from ${column.type} to ${fields.type} in place`,
          statements: [alter(fields.type)],
          ...(fields.reverses === true
            ? { undo: [{ ...body, id: "", title: back, statements: [alter(column.type)] }] }
            : {
                undo: [],
                irreversible: `${back} would rewrite the table under a lock: reverse it with a change_type plan of its own`,
              }),
        },
      ],
    };
  },
  after: (fields, catalog) =>
    withColumn(catalog, parseTableName(fields.table, catalog.defaultSchema), fields.column, {
      type: canonicalType(catalog, fields.type),
    }),
};
