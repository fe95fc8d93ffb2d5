import type { RelationName } from "../model/relation.ts";
import { ROW } from "../model/step.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";

/** The columns of a key, of the row at hand. */
export function keyList(columns: readonly string[]): string {
  return columns.map((column) => `${ROW}.${ident(column)}`).join(", ");
}

/** The values of a key from its JSON, in the types of the table's own columns: a query of one row. */
export function keyValues(table: RelationName, columns: readonly string[], json: string): string {
  const list = columns.map((column) => `given.${ident(column)}`).join(", ");
  return `SELECT ${list} FROM jsonb_populate_record(NULL::${qualified(table)}, ${literal(json)}::jsonb) AS given`;
}

/** The rows behind a key in its order, as a condition; null is before the first. */
export function beyond(table: RelationName, columns: readonly string[], after: string | null): string {
  return after === null ? "true" : `(${keyList(columns)}) > (${keyValues(table, columns, after)})`;
}

/** The rows up to a key, as a condition. */
export function upTo(table: RelationName, columns: readonly string[], last: string): string {
  return `(${keyList(columns)}) <= (${keyValues(table, columns, last)})`;
}
