import { relationKey, type RelationName } from "../model/relation.ts";
import { ROW, type Verification } from "../model/step.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { keyedRowBatch, needs, rowBatch, type Work } from "./batch-sql.ts";
import { fenced } from "./fence.ts";
import { keyList, keyValues } from "./key-range.ts";
import type { Extent } from "./extents.ts";
import { filedUnder, keyOf } from "./fill.ts";
import type { BatchStep } from "./lane.ts";
import type { Tree } from "./leaves.ts";
import { Quarantine, stepsOfOpenRows } from "./quarantine.ts";
import { isKey } from "./row-key.ts";
import type { Worker } from "./worker.ts";

interface OpenRow {
  readonly id: string;
  /** Put aside again, it has another. */
  readonly version: string;
  readonly step: string;
  readonly key: string;
  readonly columns: string[];
  readonly ctid: string | null;
}

/** What is known of the rows that are tried again. */
export interface RetryAfter {
  /**
   * True if a sweep has just been over all rows: what was not filled then was put aside by its key or its place. If not, a row is settled
   * only if it was found.
   */
  readonly swept: boolean;
  /** Of the step's table, by which a trigger's row must be right. */
  readonly verifications: readonly Verification[];
}

/** Tries the open rows of a step, and of triggers of its table, once more; nothing of a step that has not begun yet. */
export async function retryAll(
  worker: Worker,
  step: BatchStep,
  tree: Tree,
  extents: readonly Extent[],
  after: RetryAfter,
): Promise<void> {
  const keyColumns = keyOf(step, tree);
  const names = new Map([[relationKey(step.table), step.table]]);
  if (keyColumns.length === 0) for (const { table } of tree.leaves) names.set(relationKey(table), table);
  const { rollout, epoch } = worker.context;
  for (const [name, filed] of names) {
    const extent = extents.find((candidate) => relationKey(candidate.table) === name) ?? extents[0];
    if (extent === undefined) continue;
    const table = step.kind === "rows" ? step.list : filed;
    // Moves no cursor, so it does not matter whose the extent is.
    const work: Work = { rollout, epoch, extent: extent.id, owner: null, table, step, keyColumns, aside: [] };
    await retryQuarantined(worker, work, filed, after, () => isAnyLeft(worker, work, step, tree, after));
  }
  if (keyColumns.length === 0) await settleGone(worker, step, [...names.values()]);
}

/** Rows that were put aside by their place in a partition that was dropped or detached since. */
async function settleGone(worker: Worker, step: BatchStep, tables: readonly RelationName[]): Promise<void> {
  const there = tables.map(({ schema, name }) => `(${literal(schema)}, ${literal(name)})`).join(", ");
  await worker.commit(
    fenced(
      worker.context,
      `UPDATE segue.quarantine SET state = 'settled' WHERE rollout = ${worker.context.rollout} AND step = ${literal(step.id)} ` +
        `AND state = 'open' AND (schema_name, table_name) NOT IN (${there})`,
    ),
  );
}

/**
 * Tries every open row that is filed under a table once more; what is filled now, or needs no fill any longer, is settled,
 * unless it was put aside again meanwhile.
 */
async function retryQuarantined(
  worker: Worker,
  work: Work,
  filed: RelationName,
  after: RetryAfter,
  isAnyLeft: () => Promise<boolean>,
): Promise<void> {
  const { context, step } = worker;
  const open = await worker.ask<OpenRow>(
    `SELECT id, xmin::text AS version, step, row_key::text AS key, ARRAY(SELECT jsonb_object_keys(row_key)) AS columns,
            row_key ->> 'ctid' AS ctid
       FROM segue.quarantine
      WHERE rollout = $1 AND step = ANY ($2) AND schema_name = $3 AND table_name = $4 AND state = 'open' ORDER BY id`,
    [context.rollout, stepsOfOpenRows(step), filed.schema, filed.name],
  );
  let left: Promise<boolean> | undefined;
  for (const row of open) {
    if (!(await settles(worker, work, row, after, () => (left ??= isAnyLeft())))) continue;
    await worker.commit(fenced(context, update(row, "state = 'settled'")));
  }
}

/** Waits for a write that puts the row aside again, and then finds another version. */
function update({ id, version }: OpenRow, set: string): string {
  return `UPDATE segue.quarantine SET ${set} WHERE id = ${id} AND xmin::text = ${literal(version)} AND state = 'open'`;
}

async function settles(
  worker: Worker,
  work: Work,
  row: OpenRow,
  { swept, verifications }: RetryAfter,
  isAnyLeft: () => Promise<boolean>,
): Promise<boolean> {
  const byKey = isKey(row.columns, work.keyColumns);
  const byPlace = work.keyColumns.length === 0 && row.columns.length === 1 && row.ctid !== null ? row.ctid : null;
  const tried = swept ? work : { ...work, step: emptyOnly(work.step, row) };
  // A trigger that knew no key: a sweep has filled that row, or filed it by its place, unless it was written behind the sweep's back.
  if (!byKey && byPlace === null) return swept && !(await isAnyLeft());
  const filled = await attempt<{ rows: string }>(
    worker,
    byPlace === null ? keyedRowBatch(tried, row.key) : rowBatch(tried, byPlace),
    row,
  );
  if (filled === "bad") return false;
  // Any update moves a row: of one that is not at its place any more nothing is known.
  if (byPlace !== null) return swept || filled?.rows !== "0";
  // A fill's own row is what its step says. A trigger may have derived one side of a row and not another.
  if (row.step !== "") return true;
  const wrong = verifications.flatMap(({ mismatch, lacking }) => [
    // Whatever is left of it once the fill is through is the verification's to find.
    ...(swept ? [] : [`(${mismatch}) IS NOT FALSE`]),
    ...(lacking === undefined ? [] : [`(${lacking})`]),
  ]);
  if (wrong.length === 0) return true;
  const found = await attempt<{ wrong: boolean }>(worker, isWrong(work, row, wrong), row);
  return found !== "bad" && found?.wrong !== true;
}

/**
 * True while any row that is not put aside by its place needs the fill, or lacks a value: of a row without a key nobody knows which it is. So
 * it is where that can't be told.
 */
async function isAnyLeft(
  worker: Worker,
  work: Work,
  step: BatchStep,
  tree: Tree,
  { verifications }: RetryAfter,
): Promise<boolean> {
  if (step.kind === "rows") return false;
  const where = [step.where, ...verifications.flatMap(({ lacking = "false" }) => lacking)];
  const wanted = { ...step, where: where.map((one) => `(${one})`).join(" OR ") };
  for (const leaf of tree.leaves) {
    const quarantine = new Quarantine(worker, filedUnder({ step, tree }, leaf));
    await quarantine.load();
    const left = needs({ ...work, step: wanted, aside: quarantine.keys });
    const sql = `SELECT EXISTS (SELECT FROM ONLY ${qualified(leaf.table)} AS ${ROW} WHERE ${left}) AS left`;
    const found = await worker.insist<{ left: boolean }>(sql);
    if (found.outcome === "bad" || found.row.left) return true;
  }
  return false;
}

/** A trigger's row is tried by each fill of its table: one that sets columns whatever they hold must not touch what was written since. */
function emptyOnly(step: Work["step"], row: OpenRow): Work["step"] {
  if ("change" in step || step.empty !== undefined || row.step !== "") return step;
  const empty = step.set.map(({ column }) => `${ROW}.${ident(column)} IS NULL`);
  return { ...step, where: `${empty.join(" AND ")} AND (${step.where})` };
}

/**
 * True for a row that the verification would not let pass, or that lacks a value that can be computed by now. Comes to no row
 * where there is none behind the key any more.
 */
function isWrong({ keyColumns, table }: Work, { key }: OpenRow, wrong: readonly string[]): string {
  const place = `(${keyList(keyColumns)}) = (${keyValues(table, keyColumns, key)})`;
  return `SELECT ${wrong.join(" OR ")} AS wrong FROM ${qualified(table)} AS ${ROW} WHERE ${place}`;
}

/** Sends one statement until nobody is in its way. `bad`: it fails on the row, whose entry says why by now. */
async function attempt<R>(worker: Worker, sql: string, row: OpenRow): Promise<R | "bad" | undefined> {
  const result = await worker.insist<R>(sql);
  if (result.outcome === "done") return result.row;
  const error = `error = ${literal(result.error.message)}, sqlstate = ${literal(result.sqlstate)}`;
  await worker.commit(fenced(worker.context, update(row, error)));
  return "bad";
}
