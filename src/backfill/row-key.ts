import { ROW } from "../model/step.ts";
import { ident } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";

/**
 * The SQL that names a row in the quarantine and in samples, as jsonb: its primary key, or where the table has none
 * its ctid, which is good until the row is updated.
 *
 * @param columns of the primary key, in its order; none: the table has no primary key
 */
export function rowKey(columns: readonly string[]): string {
  if (columns.length === 0) return `jsonb_build_object('ctid', ${ROW}.ctid)`;
  return `jsonb_build_object(${columns.map((column) => `${literal(column)}, ${ROW}.${ident(column)}`).join(", ")})`;
}

/** True if a row that these columns name is named by this key, and there is one. */
export function isKey(columns: readonly string[], key: readonly string[]): boolean {
  return key.length > 0 && columns.length === key.length && columns.every((name) => key.includes(name));
}
