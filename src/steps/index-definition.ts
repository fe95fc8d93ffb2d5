import { z } from "zod";
import type { Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { columnName, indexKey, type IndexKey, objectName, parts, sqlExpression } from "../model/fields.ts";
import { parseExpression, scalarToSql } from "../sql/expression.ts";
import { ident } from "../sql/identifier.ts";

import { requireColumn } from "./catalog-lookup.ts";
import { indexedColumns, keySource } from "./index-columns.ts";
import { refuseVirtual } from "./refuse-virtual.ts";

/** What CREATE INDEX takes besides the table and the name. */
export const indexDefinition = z.strictObject({
  columns: z.array(indexKey).min(1).describe("The keys, in order: columns or expressions."),
  unique: z.boolean().optional(),
  method: objectName.optional().describe("The access method; default btree."),
  include: z.array(columnName).min(1).optional().describe("Columns that the index carries but is not searched by."),
  nulls_not_distinct: z.boolean().optional().describe("PostgreSQL 15 and newer: NULLs count as equal."),
  with: z
    .record(
      z.string().regex(/^[a-z_]+$/, "a storage parameter is written in lower case: `fillfactor`"),
      z.union([
        z.number(),
        z.boolean(),
        z.string().regex(/^[A-Za-z0-9_.]+$/, "a storage parameter's value is one word"),
      ]),
    )
    .optional()
    .describe("Storage parameters: `{ fillfactor: 70 }`."),
  tablespace: objectName.optional(),
  where: sqlExpression.optional().describe("The predicate of a partial index."),
});
export type IndexDefinition = z.infer<typeof indexDefinition>;

/**
 * Everything of CREATE INDEX after the table's name, as pg_get_indexdef() orders it; the same for a partitioned
 * table and each of its partitions.
 *
 * @throws SegueError SEG0004 for an expression, SEG0101 for a column or clause that the server does not have, SEG0103 for a virtual column.
 */
export function indexBody(definition: IndexDefinition, table: Table, major: number): string {
  const { include, nulls_not_distinct: nullsNotDistinct, tablespace, where } = definition;
  requireNullsNotDistinct(nullsNotDistinct, major);
  const clauses = [
    `USING ${ident(definition.method ?? "btree")} (${definition.columns.map((key) => renderKey(key, table)).join(", ")})`,
  ];
  if (include !== undefined) clauses.push(`INCLUDE (${columnList(include, table)})`);
  if (nullsNotDistinct === true) clauses.push("NULLS NOT DISTINCT");
  if (definition.with !== undefined) {
    const parameters = Object.entries(definition.with).map(([name, value]) => `${ident(name)} = ${String(value)}`);
    clauses.push(`WITH (${parameters.join(", ")})`);
  }
  if (tablespace !== undefined) clauses.push(`TABLESPACE ${ident(tablespace)}`);
  if (where !== undefined) clauses.push(`WHERE (${renderExpression(scalarToSql(where), table)})`);
  refuseVirtual("indexes and keys", indexedColumns(definition, table), table);
  return clauses.join(" ");
}

/** The columns, quoted and separated; each must exist. @throws SegueError SEG0101 */
export function columnList(columns: readonly string[], table: Table): string {
  return columns.map((column) => ident(requireColumn(table, column).name)).join(", ");
}

/** @throws SegueError SEG0101 where NULLS NOT DISTINCT is asked of a server that lacks it. */
export function requireNullsNotDistinct(asked: boolean | undefined, major: number): void {
  if (asked !== true || major >= 15) return;
  throw new SegueError("SEG0101", {
    message: `nulls_not_distinct needs PostgreSQL 15 or newer; this server is ${major}`,
  });
}

function renderKey(key: IndexKey, table: Table): string {
  const source = keySource(key);
  const words = [
    "column" in source
      ? ident(requireColumn(table, source.column).name)
      : `(${renderExpression(source.expression, table)})`,
  ];
  if (typeof key === "string") return words.join(" ");
  if (key.collation !== undefined) words.push(`COLLATE ${qualifiedName(key.collation)}`);
  if (key.opclass !== undefined) words.push(operatorClass(key.opclass));
  if (key.order !== undefined) words.push(key.order.toUpperCase());
  if (key.nulls !== undefined) words.push(`NULLS ${key.nulls.toUpperCase()}`);
  return words.join(" ");
}

/** `gin_trgm_ops`, `public.gist_trgm_ops (siglen = 32)`. */
function operatorClass(written: string): string {
  const match =
    /^([^(]*[^(\s])\s*(?:\(\s*([a-z_]+\s*=\s*[a-z0-9_.]+(?:\s*,\s*[a-z_]+\s*=\s*[a-z0-9_.]+)*)\s*\))?$/i.exec(written);
  if (match?.[1] === undefined) {
    throw new SegueError("SEG0101", { message: `${written} is not the name of an operator class`, object: written });
  }
  return match[2] === undefined ? qualifiedName(match[1]) : `${qualifiedName(match[1])} (${match[2]})`;
}

function qualifiedName(written: string): string {
  return (parts(written) ?? [written]).map(ident).join(".");
}

function renderExpression(text: string, table: Table): string {
  return parseExpression(text, { table, columns: table.columns.map((column) => column.name) }).render("");
}
