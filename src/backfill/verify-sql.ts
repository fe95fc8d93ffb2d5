import type { RelationName } from "../model/relation.ts";
import { ROW, type Verification } from "../model/step.ts";
import { qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { beyond, keyList } from "./key-range.ts";
import { rowKey } from "./row-key.ts";

/** A verification of one leaf. */
export interface Check {
  readonly table: RelationName;
  readonly mismatch: Verification["mismatch"];
  readonly keyColumns: readonly string[];
}

/** What a statement over a range returns. */
export interface CheckRow {
  readonly rows: string;
  readonly mismatches: string;
  readonly relfilenode: string;
  /** Under a key: of the last row, as JSON text. */
  readonly cursor: string | null;
}

/**
 * Counts the rows of a place and those that are wrong. Both sides of a row are read from one version of it, so this is
 * exact on a live table. A predicate that comes to NULL has not said that the row is right: it counts as wrong.
 */
export function checkStatement(check: Check, place: string): string {
  return (
    `SELECT count(*) AS rows, count(*) FILTER (WHERE ${wrong(check)}) AS mismatches, ${relfilenode(check)}, NULL AS cursor ` +
    `FROM ONLY ${qualified(check.table)} AS ${ROW} WHERE ${place}`
  );
}

/** The same over the next `limit` rows in the order of a key. */
export function checkByKey(check: Check, order: readonly string[], after: string | null, limit: number): string {
  return (
    `SELECT count(*) AS rows, count(*) FILTER (WHERE wrong) AS mismatches, ${relfilenode(check)}, ` +
    `(array_agg(place ORDER BY number DESC))[1]::text AS cursor ` +
    `FROM (SELECT ${wrong(check)} AS wrong, ${rowKey(order)} AS place, row_number() OVER (ORDER BY ${keyList(order)}) AS number ` +
    `FROM ONLY ${qualified(check.table)} AS ${ROW} WHERE ${beyond(check.table, order, after)} ` +
    `ORDER BY ${keyList(order)} LIMIT ${limit}) AS checked`
  );
}

/**
 * The oldest transaction that is still open, as a mark: what a transaction before it has written, every later statement
 * sees.
 */
export const MARK = "SELECT pg_snapshot_xmin(pg_current_snapshot())::xid::text AS mark";

/** The rows whose version was written since a mark, as a condition. A frozen version may look like one; none is missed. */
export function since(mark: string): string {
  return `age(${ROW}.xmin) <= age(${literal(mark)}::xid)`;
}

/** Keys of some rows of a place that are wrong: named for people, read only where there are some. */
export function wrongRows(check: Check, place: string, limit: number): string {
  return (
    `SELECT ${rowKey(check.keyColumns)}::text AS key FROM ONLY ${qualified(check.table)} AS ${ROW} ` +
    // CASE keeps the planner from an index on the predicate's columns.
    `WHERE ${place} AND CASE WHEN true THEN ${wrong(check)} ELSE false END LIMIT ${limit}`
  );
}

function wrong({ mismatch }: Check): string {
  return `(${mismatch}) IS NOT FALSE`;
}

function relfilenode({ table }: Check): string {
  return `pg_relation_filenode(${literal(qualified(table))}::regclass)::text AS relfilenode`;
}
