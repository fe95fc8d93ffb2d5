import type { Effects, SchemaObject } from "../model/effects.ts";
import { parseTableName } from "../sql/identifier.ts";

/** The effects of an entry that works on the named columns of a table and neither removes nor creates anything. */
export function usesColumns(table: string, schema: string, columns: readonly string[] = []): Effects {
  return { uses: [tableObject(table, schema), ...columnObjects(table, schema, columns)], removes: [], creates: [] };
}

/** A table of a plan, as plans can contradict each other about it. */
export function tableObject(table: string, schema: string): SchemaObject {
  return { kind: "table", table: parseTableName(table, schema) };
}

/** Columns of a table of a plan. */
export function columnObjects(table: string, schema: string, columns: readonly string[]): readonly SchemaObject[] {
  const parsed = parseTableName(table, schema);
  return columns.map((column) => ({ kind: "column", table: parsed, column }));
}

/** A type of a plan: `mood`, `sales.mood`. */
export function typeObject(name: string, schema: string): SchemaObject {
  return { kind: "type", type: parseTableName(name, schema) };
}

/** An index, which lives in the schema of its table. */
export function indexObject(table: string, schema: string, name: string): SchemaObject {
  return { kind: "index", index: { schema: parseTableName(table, schema).schema, name } };
}
