import type { RelationName } from "../model/relation.ts";
import { type FillStep, ROW, type RowsStep } from "../model/step.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { fenced, held, type Sender } from "./fence.ts";
import { beyond, keyList, keyValues } from "./key-range.ts";
import { rowKey } from "./row-key.ts";
import { passedOver, rowsBatch } from "./rows-sql.ts";
import { stepAside } from "./step-aside.ts";
import { type Blocks, inRange, inStripe, type Stripe } from "./stripe-sql.ts";

/** What all batches of one table have in common. */
export interface Work extends Sender {
  /** segue.extent.id */
  readonly extent: string;
  /** Whose claim the extent is; null where all extents are done and only the runner is left. */
  readonly owner: string | null;
  /** A heap, never a partitioned table. */
  readonly table: RelationName;
  readonly step: Pick<FillStep, "set" | "where" | "empty" | "sourced"> | Pick<RowsStep, "table" | "key" | "change">;
  /** The columns that name a row in the quarantine. */
  readonly keyColumns: readonly string[];
  /** Keys, as JSON text, of the rows that are put aside. */
  readonly aside: readonly string[];
  /** The trigger of a sync that need not be called; see stepAside(). */
  readonly asideOf?: string | null | undefined;
}

/** By which predicate of a fill the rows are told that need it: the others compute nothing, and may miss rows or take some for nothing. */
export type Told = "where" | "empty" | "sourced";

/** Blocks of a heap, and of them the rows of a stripe; null: all of them. */
export interface BlockRange extends Blocks {
  readonly stripe: Stripe | null;
  /** By what the rows are told that need the fill; `where` of the step if left out, of which alone it is certain. */
  readonly by?: Told;
}

/** Where the extent stands once the batch is committed. */
export interface Position {
  readonly block: number;
  readonly stripe: number;
  readonly window: number;
}

/** What a batch returns. */
export interface BatchRow {
  readonly rows: string;
  /** Of them, updates that were HOT. */
  readonly hot: string;
  /** Bytes of WAL that the server wrote meanwhile: the batch's own, and what came in between. */
  readonly wal: string;
  readonly relfilenode: string;
}

/**
 * One batch over a range of blocks, as one message: the fence, the rows and the cursor commit together, or none of
 * them does. `SET CONSTRAINTS` brings deferred checks into the statement, whose time is limited.
 *
 * With `skipLocked` a row that another session holds is left alone instead of waited for.
 */
export function blockBatch(work: Work, range: BlockRange, next: Position | null, skipLocked = false): string {
  const wanted = wantedOf(work, range);
  const change = skipLocked ? freeChanges(work, wanted) : changes(work, wanted);
  return batch(work, range.stripe === null ? returning(change) : change, move(next));
}

/** What all batches of a table send, for the server to plan. */
export function plannable(work: Work, key: readonly string[]): string {
  if (key.length > 0) return keyStatement(work, key, null, 1, "all");
  const change = changes(work, `${inRange({ from: 0, to: 1 })} AND ${needs(work)}`);
  return `WITH ${returning(change).text} SELECT FROM batch`;
}

/** A batch over what is free of a place, which leaves the cursor where it is. */
export function freeBatch(work: Work, place: string): string {
  return batch(work, returning(freeChanges(work, `${place} AND ${needs(work)}`)), []);
}

/** A batch of one row. It holds no other row while it waits for this one, so it may take as long as it takes. */
export function rowBatch(work: Work, ctid: string): string {
  const change = changes(work, `${ROW}.ctid = ${literal(ctid)}::tid AND ${needs({ ...work, aside: [] })}`);
  return batch(work, returning(change), []);
}

/** A batch of the row that a quarantine entry names by the table's primary key, in whatever leaf it is by now. */
export function keyedRowBatch(work: Work, key: string): string {
  const place = `(${keyList(work.keyColumns)}) = (${keyValues(work.table, work.keyColumns, key)})`;
  const change = changes(work, `${place} AND ${needs({ ...work, aside: [] })}`, false, "");
  return batch(work, returning(change), []);
}

/**
 * A batch over the next `limit` rows in the order of a key. The upper edge is found in the same statement.
 *
 * @param after the key of the last row of the batch before, as JSON text; null at the start
 * @param rows `free` leaves those alone that other sessions hold; `none` moves the cursor over all of them
 */
export function keyBatch(
  work: Work,
  key: readonly string[],
  after: string | null,
  limit: number,
  rows: "all" | "free" | "none" = "all",
): string {
  return script(work, keyStatement(work, key, after, limit, rows));
}

function keyStatement(
  work: Work,
  key: readonly string[],
  after: string | null,
  limit: number,
  rows: "all" | "free" | "none",
): string {
  const list = keyList(key);
  const names = key.map(ident).join(", ");
  const start = beyond(work.table, key, after);
  const page = `SELECT ${list} FROM ONLY ${qualified(work.table)} AS ${ROW} WHERE ${start} ORDER BY ${list} LIMIT ${limit}`;
  const edge = `SELECT * FROM page ORDER BY ${key.map((column) => `${ident(column)} DESC`).join(", ")} LIMIT 1`;
  const wanted = `${start} AND (${list}) <= (SELECT ${names} FROM edge) AND ${rows === "none" ? "false" : needs(work)}`;
  const changing = rows === "free" ? freeChanges(work, wanted) : changes(work, wanted);
  return (
    `WITH page AS MATERIALIZED (${page}), edge AS MATERIALIZED (${edge}), ${returning(changing).text}, ${TOTAL} ` +
    `${setExtent(work, [
      "cursor_key = coalesce((SELECT to_jsonb(edge) FROM edge), cursor_key)",
      `window_blocks = ${limit}`,
    ])}, (SELECT count(*) FROM page) AS seen, cursor_key::text AS cursor`
  );
}

/** The rows of a stripe that still need the fill. */
export function wantedOf(work: Work, range: BlockRange): string {
  const place = range.stripe === null ? inRange(range) : inStripe(work.table, range, range.stripe);
  return `${place} AND ${needs(work, range)}`;
}

/** The predicate that a row still needs the fill. */
export function needs(work: Work, { by = "where" }: Pick<BlockRange, "by"> = {}): string {
  const guards: string[] = [];
  const { step } = work;
  const wanted = "change" in step ? "true" : (step[by] ?? step.where);
  if (work.aside.length > 0) {
    guards.push(`${rowKey(work.keyColumns)} <> ALL (ARRAY[${work.aside.map(literal).join(", ")}]::jsonb[])`);
  }
  // CASE fixes the order: a predicate that raises for a row set aside is not reached. It also keeps the planner from
  // an index on the predicate's columns, which would be scanned whole for each window.
  return `CASE WHEN ${guards.length > 0 ? guards.join(" AND ") : "true"} THEN (${wanted}) ELSE false END`;
}

function batch(work: Work, change: Change, moves: readonly string[]): string {
  const total =
    change.kind === "update"
      ? `total AS MATERIALIZED (SELECT segue.changed(${literal(change.text)}) AS rows)`
      : `${change.text}, ${TOTAL}`;
  return script(work, `WITH ${total} ${setExtent(work, moves)}`);
}

/** Counted once, however often it is read. */
const TOTAL = "total AS MATERIALIZED (SELECT count(*) AS rows FROM batch)";

function script(work: Work, statement: string): string {
  const { extent, owner } = work;
  const { asideOf, step, table } = work;
  const aside = typeof asideOf === "string" && "set" in step ? stepAside(asideOf, table, step.set) : [];
  const statements = [...aside, `SELECT ${before(work)}`, "SET CONSTRAINTS ALL IMMEDIATE", statement];
  return owner === null ? fenced(work, ...statements) : held(work, { extent, owner }, ...statements);
}

/** Keeps where the counts of a batch begin. Those of the statistics may hold earlier transactions that were not reported yet. */
function before({ table }: Work): string {
  const hot = `pg_stat_get_xact_tuples_hot_updated(${literal(qualified(table))}::regclass)`;
  return `set_config('segue.hot', ${hot}::text, true), set_config('segue.wal', pg_current_wal_insert_lsn()::text, true)`;
}

function since({ table }: Work): { readonly hot: string; readonly wal: string } {
  const counted = "(SELECT rows FROM total) >= 0";
  // CASE fixes the order: the rows are changed before the counts are read.
  return {
    hot: `CASE WHEN ${counted} THEN pg_stat_get_xact_tuples_hot_updated(${literal(qualified(table))}::regclass) - current_setting('segue.hot')::bigint END`,
    wal: `CASE WHEN ${counted} THEN (pg_current_wal_insert_lsn() - current_setting('segue.wal')::pg_lsn)::bigint END`,
  };
}

/**
 * What changes the rows: one UPDATE, or CTEs of which `batch` has a row for each row that was changed. An UPDATE is counted by the
 * function that runs it: returning and counting rows costs a tenth of what updating them does.
 */
interface Change {
  readonly kind: "update" | "ctes";
  readonly text: string;
}

/**
 * An UPDATE as a CTE, as the sweeps and all but stripes send it: there the server refuses a table whose rules do something else
 * instead. By itself it would run, and leave rows as they are.
 */
function returning({ kind, text }: Change): Change {
  return { kind: "ctes", text: kind === "update" ? `batch AS (${text} RETURNING 1)` : text };
}

function changes({ table, step }: Work, wanted: string, skipLocked = false, only = "ONLY "): Change {
  if ("change" in step) return { kind: "ctes", text: rowsBatch(step, table, wanted, skipLocked) };
  const values = step.set.map(({ column, value }) => `${ident(column)} = ${value}`).join(", ");
  return { kind: "update", text: `UPDATE ${only}${qualified(table)} AS ${ROW} SET ${values} WHERE ${wanted}` };
}

/** The change of those rows alone that no other session holds. */
function freeChanges(work: Work, wanted: string): Change {
  if ("change" in work.step) return changes(work, wanted, true);
  // The inner scan locks; the outer one finds the same versions by their place.
  const free = `SELECT ${ROW}.ctid FROM ONLY ${qualified(work.table)} AS ${ROW} WHERE ${wanted} FOR NO KEY UPDATE SKIP LOCKED`;
  return changes(work, `${ROW}.ctid = ANY (ARRAY(${free})) AND ${needs(work)}`);
}

function setExtent(work: Work, moves: readonly string[]): string {
  const { hot, wal } = since(work);
  const set = [
    ...moves,
    "rows_done = rows_done + (SELECT rows FROM total)",
    `hot_rows = hot_rows + ${hot}`,
    `wal_bytes = wal_bytes + ${wal}`,
    // Renews the claim.
    "updated_at = clock_timestamp()",
  ];
  return (
    `UPDATE segue.extent SET ${set.join(", ")} WHERE id = ${work.extent} ` +
    `RETURNING (SELECT rows FROM total) AS rows, ${hot} AS hot, ${wal} AS wal, ` +
    // Read under the batch's own lock on the table: it can't be rewritten before the commit.
    `pg_relation_filenode(${literal(qualified(work.table))}::regclass)::text AS relfilenode${"change" in work.step ? `, ${passedOver(work.step)} AS passed_over` : ""}`
  );
}

function move(next: Position | null): string[] {
  if (next === null) return [];
  return [`cursor_block = ${next.block}`, `stripe = ${next.stripe}`, `window_blocks = ${next.window}`];
}
