import { z } from "zod";
import { SegueError } from "../model/errors.ts";
import { columnName, tableName, typeName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { canonicalType } from "./add-column.ts";
import { sameStorage } from "./carry-attributes.ts";
import { partitionsOf } from "./carry-family.ts";
import { analyze, sameStatistics } from "./carry-statistics.ts";
import { exclusiveLocks, requireColumn, requireOwnColumns, requireTable, withColumn } from "./catalog-lookup.ts";
import type { StepKind } from "./step-kind.ts";
import { shortTransaction, undoTransaction } from "./transaction-draft.ts";

/** Seen on 14 and 18: 0A000 where such a column is returned, 42804 where it is given a parameter of another kind of type. */
export function preparedStatementsFail(place: string): string {
  return `a named prepared statement that returns or sets ${place} may fail once the type has changed, until it is prepared again`;
}

interface AlterTypeFields {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly collation?: string | undefined;
  readonly reverses?: boolean | undefined;
}

/** A type change that the server was shown to do without touching a row: one short ALTER, and an ANALYZE of the column. */
export const alterType: StepKind<AlterTypeFields> = {
  kind: "alter_type",
  fields: z
    .strictObject({
      table: tableName,
      column: columnName,
      type: typeName,
      collation: z.string().optional().describe("Default: the column keeps its own."),
      reverses: z.boolean().optional().describe("True if the way back needs no rewrite either."),
    })
    .describe("Changes a type in place, where that rewrites and scans nothing."),
  phases: ["expand"],
  tables: (fields, schema) => [parseTableName(fields.table, schema)],
  touches: (fields, schema) => [{ table: parseTableName(fields.table, schema), column: fields.column }],
  lower(fields, context) {
    const table = requireTable(context.catalog, fields.table);
    const column = requireColumn(table, fields.column);
    requireOwnColumns(table, column);
    if (table.inVersions?.includes(fields.column) === true)
      throw new SegueError("SEG0102", {
        message: `${relationKey(table)}.${fields.column} can't change its type in place: a versioned schema shows it`,
        object: `${relationKey(table)}.${fields.column}`,
        next: "use the operation change_type, which then takes a column of its own for the new type",
      });
    const alter = (type: string, collation: string | null): string =>
      `ALTER TABLE ${qualified(table)} ALTER COLUMN ${ident(fields.column)} TYPE ${type}${collation === null ? "" : ` COLLATE ${collation}`}`;
    const partitions = partitionsOf(context.catalog, table);
    const family = [table, ...partitions];
    const again = [...sameStorage(table, column, partitions), ...sameStatistics(family, fields.column)];
    const locks = exclusiveLocks(table);
    const place = `${relationKey(table)}.${fields.column}`;
    const back = undoTransaction({
      title: `change ${place} back to ${column.type}`,
      table,
      statements: [alter(column.type, column.collation), ...again],
      locks,
    });
    // The server forgets what it knows of the column's values, in both directions.
    const analysis = analyze({ family, table, from: fields.column, to: fields.column });
    const { undo: _, ...reanalysis } = analysis;
    const change = shortTransaction(
      {
        title: `change ${place} from ${column.type} to ${fields.type} in place`,
        table,
        statements: [alter(fields.type, fields.collation ?? column.collation), ...again],
        locks,
      },
      fields.reverses === true ? [back, { ...reanalysis, id: "" }] : [],
    );
    const warnings = [preparedStatementsFail(place)];
    if (fields.reverses === true) return { expand: [change, analysis], warnings };
    const irreversible = `${back.title} would rewrite the table under a lock: once the rollout is completed, segue reverse does it by a rollout of its own`;
    return { expand: [{ ...change, irreversible }, analysis], warnings };
  },
  after: (fields, catalog) =>
    withColumn(catalog, parseTableName(fields.table, catalog.defaultSchema), fields.column, {
      type: canonicalType(catalog, fields.type),
      ...(fields.collation === undefined ? {} : { collation: fields.collation }),
    }),
  questions: (fields) => [{ ask: "type", type: fields.type }],
};
