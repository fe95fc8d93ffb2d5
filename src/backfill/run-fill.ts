import { SegueError } from "../model/errors.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { type FillStep, ROW } from "../model/step.ts";
import { SQLSTATE, sqlstateOf } from "../postgres/sqlstate.ts";
import { qualified } from "../sql/identifier.ts";
import { blockBatch, fenced, inRange, keyBatch, type Work } from "./batch-sql.ts";
import { blockPass } from "./block-pass.ts";
import type { FillContext, FillResult } from "./context.ts";
import {
  createExtents,
  type Extent,
  finishExtent,
  type NewExtent,
  readExtents,
  startOver,
  startSweep,
} from "./extents.ts";
import { failureOf } from "./failure.ts";
import { batchLimits, fillSettings, SKIP_USER_TRIGGERS, withSettings } from "./fill-settings.ts";
import { HotWatch } from "./hot-watch.ts";
import { keyPass } from "./key-pass.ts";
import { type Lane, type PassResult, workOf } from "./lane.ts";
import { type Leaf, readTree, type Tree } from "./leaves.ts";
import { Pacing } from "./pacing.ts";
import { openRows, Quarantine } from "./quarantine.ts";
import { retryQuarantined } from "./quarantine-retry.ts";
import { stripesFor } from "./stripes.ts";
import { replicaBrake } from "./throttle.ts";
import { Tracker } from "./tracker.ts";
import { Worker } from "./worker.ts";

/** Sweeps of one leaf before the fill gives up: something keeps making rows that the sync does not fill. */
const MOST_SWEEPS = 20;
const SAMPLED_BLOCKS = 16;

/**
 * Fills the rows of a table that need it, leaf by leaf, and proves by a sweep of each that none is left. Goes on from
 * segue.extent if it was interrupted; a row that is filled no longer matches the step's predicate, so none is filled
 * twice. One transaction a batch: the rows, the cursor and the check that this runner still has the lease.
 *
 * @throws SegueError SEG0308 if cancelled, SEG0309 if the signal is aborted, SEG0403 if another runner has taken over,
 *   SEG0404 if too many rows can't be filled or if rows keep appearing, SEG0103 for a table that can't be walked,
 *   SEG0207 if user triggers can't be kept from firing, SEG0401 if the statement can't be run at all
 */
export async function runFill(context: FillContext, step: FillStep): Promise<FillResult> {
  const { session, observer, settings } = context;
  const limits = batchLimits(await deadlockTimeout(context));
  const pacing = new Pacing(context, replicaBrake(observer, settings.throttle.replica_lag));
  const worker = new Worker(context, step, pacing, limits.statementTimeout);
  const triggers = step.userTriggers === "skip" ? SKIP_USER_TRIGGERS : {};
  return await withSettings(session, { ...fillSettings(step.table, limits), ...triggers }, async () => {
    let tree = await openTree(worker, step.table);
    let extents = await reopened(worker, tree, await readExtents(worker));
    const tracker = new Tracker(context, step.table, {
      sweeps: true,
      rows: sum(extents.map((extent) => extent.rowsDone)),
    });
    const hotWatch = new HotWatch(context);
    await worker.calibrate(
      fenced(context, `UPDATE segue.extent SET updated_at = updated_at WHERE id = ${extents[0]?.id ?? 0}`),
    );
    for (;;) {
      for (const extent of extents) tracker.expect(relationKey(extent.table), extent.endBlock);
      for (const extent of extents) {
        const leaf = leafOf(tree, extent);
        if (extent.state === "done" || leaf === undefined) continue;
        const quarantine = new Quarantine(worker, filedUnder(tree, step.table, leaf));
        await quarantine.load();
        const lane: Lane = { worker, step, leaf, extent, quarantine, keyColumns: tree.primaryKey, tracker, hotWatch };
        try {
          await fillLeaf(lane);
        } catch (error) {
          // Old partitions are dropped on any day: their rows are gone, and so is the work.
          if (sqlstateOf(error) !== SQLSTATE.undefinedTable || (await isLeaf(worker, step.table, leaf))) throw error;
        }
      }
      // A leaf that was attached meanwhile brings rows that no trigger of ours has seen.
      tree = await openTree(worker, step.table);
      extents = await readExtents(worker);
      if (extents.every((extent) => extent.state === "done" || leafOf(tree, extent) === undefined)) break;
    }
    await retryAll(worker, step, tree, extents);
    tracker.finish("sweep");
    const done = await readExtents(worker);
    return { rows: sum(done.map((extent) => extent.rowsDone)), quarantined: await openRows(worker) };
  });
}

/**
 * A step that is run again over rows put aside is swept again: of some of those rows nothing is known but that they
 * are not filled.
 */
async function reopened(worker: Worker, tree: Tree, extents: readonly Extent[]): Promise<Extent[]> {
  if (extents.some((extent) => extent.state !== "done") || (await openRows(worker)) === 0) return [...extents];
  const again: Extent[] = [];
  for (const extent of extents) {
    const leaf = leafOf(tree, extent);
    again.push(leaf === undefined ? extent : await startSweep(worker, extent, leaf));
  }
  return again;
}

/** Reads the leaves and makes an extent for each that has none. */
async function openTree(worker: Worker, table: RelationName): Promise<Tree> {
  const tree = await readTree(table, (sql, values) => worker.ask(sql, values));
  const known = new Set((await readExtents(worker)).map((extent) => relationKey(extent.table)));
  const fresh: NewExtent[] = [];
  for (const leaf of tree.leaves) {
    if (!known.has(relationKey(leaf.table))) fresh.push({ leaf, rowsPerPage: await rowsPerPage(worker, leaf) });
  }
  await createExtents(worker, fresh);
  return tree;
}

async function rowsPerPage(worker: Worker, leaf: Leaf): Promise<number> {
  if (leaf.rowsPerPage !== null) return leaf.rowsPerPage;
  if (leaf.blocks === 0 || leaf.method === "key") return 0;
  const from = Math.floor(leaf.blocks / 2);
  const to = Math.min(leaf.blocks, from + SAMPLED_BLOCKS);
  const [sample] = await worker.ask<{ rows: number }>(
    `SELECT count(*)::int AS rows FROM ONLY ${qualified(leaf.table)} AS ${ROW} WHERE ${inRange({ from, to })}`,
  );
  return (sample?.rows ?? 0) / (to - from);
}

/** Fills one leaf, then sweeps it until a whole sweep has found nothing to do. */
async function fillLeaf(start: Lane): Promise<void> {
  let lane = start;
  const { worker } = lane;
  await refuseWhatNeverRuns(lane);
  const over = async (): Promise<void> => {
    const leaf = await currentLeaf(lane);
    worker.context.emit({ type: "restarted", table: leaf.table });
    const stripes = leaf.method === "stripe" ? stripesFor(await rowsPerPage(worker, leaf)) : null;
    lane = { ...lane, leaf, extent: await startOver(worker, lane.extent, leaf, stripes) };
  };
  if (lane.leaf.method === "stripe" && lane.leaf.relfilenode !== lane.extent.relfilenode) await over();
  let sweeps = lane.extent.stripes === 1 ? 1 : 0;
  // What an interrupted sweep had filled before is not known: it is not the proof.
  let whole = sweeps === 0 || lane.extent.block === 0;
  for (;;) {
    const result = await pass(lane);
    if (result.result === "rewritten") {
      await over();
      sweeps = 0;
      continue;
    }
    if (sweeps > 0) {
      worker.context.emit({ type: "swept", table: lane.leaf.table, rows: result.rows });
      if (result.untouched && whole) break;
      if (sweeps >= MOST_SWEEPS) throw neverEnds(lane, result.rows);
    }
    whole = true;
    sweeps += 1;
    const leaf = await currentLeaf(lane);
    lane = { ...lane, leaf, extent: await startSweep(worker, lane.extent, leaf) };
  }
  await finishExtent(worker, lane.extent);
}

function pass(lane: Lane): Promise<PassResult> {
  return lane.extent.method === "stripe" ? blockPass(lane) : keyPass(lane);
}

/** A statement that fails before it has read a row would put every row aside: found by planning it. */
async function refuseWhatNeverRuns(lane: Lane): Promise<void> {
  const work = workOf(lane);
  const range = { from: 0, to: 1, stripe: 0, stripes: 1 };
  const text = lane.leaf.method === "stripe" ? blockBatch(work, range, null) : keyBatch(work, lane.leaf.order, null, 1);
  const statement = text.slice(text.indexOf("WITH "));
  try {
    await lane.worker.ask(`EXPLAIN ${statement}`);
  } catch (error) {
    if (failureOf(sqlstateOf(error)) !== "data") throw error;
    throw new SegueError("SEG0401", {
      message: `The fill of ${relationKey(lane.leaf.table)} can't be run: ${error instanceof Error ? error.message : String(error)}`,
      object: relationKey(lane.leaf.table),
      cause: error,
    });
  }
}

async function isLeaf(worker: Worker, table: RelationName, leaf: Leaf): Promise<boolean> {
  const { leaves } = await readTree(table, (sql, values) => worker.ask(sql, values));
  return leaves.some((other) => relationKey(other.table) === relationKey(leaf.table));
}

async function currentLeaf({ worker, step, leaf }: Lane): Promise<Leaf> {
  const tree = await readTree(step.table, (sql, values) => worker.ask(sql, values));
  // Detached on the way: what is left of it is nobody's of ours; the last reading of it ends the pass.
  return tree.leaves.find(({ table }) => relationKey(table) === relationKey(leaf.table)) ?? leaf;
}

/** Where a primary key names a row in the whole table, rows are filed under the table; else under their leaf, by ctid. */
function filedUnder(tree: Tree, table: RelationName, leaf: Leaf): RelationName {
  return tree.primaryKey.length > 0 ? table : leaf.table;
}

async function retryAll(worker: Worker, step: FillStep, tree: Tree, extents: readonly Extent[]): Promise<void> {
  const names = new Map([[relationKey(step.table), step.table]]);
  if (tree.primaryKey.length === 0) for (const { table } of tree.leaves) names.set(relationKey(table), table);
  const { rollout, epoch } = worker.context;
  for (const [name, table] of names) {
    const extent = extents.find((candidate) => relationKey(candidate.table) === name) ?? extents[0];
    if (extent === undefined) continue;
    const work: Work = { rollout, epoch, extent: extent.id, table, step, keyColumns: tree.primaryKey, aside: [] };
    await retryQuarantined(worker, work, table);
  }
}

function leafOf(tree: Tree, extent: Extent): Leaf | undefined {
  return tree.leaves.find((leaf) => relationKey(leaf.table) === relationKey(extent.table));
}

async function deadlockTimeout({ session }: FillContext): Promise<number> {
  const { rows } = await session.query<{ ms: number }>(
    "SELECT setting::int AS ms FROM pg_settings WHERE name = 'deadlock_timeout'",
  );
  return rows[0]?.ms ?? 1000;
}

function neverEnds({ leaf }: Lane, rows: number): SegueError {
  const table = relationKey(leaf.table);
  return new SegueError("SEG0404", {
    message: `After ${MOST_SWEEPS} sweeps of ${table} there still were ${rows} rows to fill: something writes rows that the sync does not fill`,
    object: table,
    left: "The rows filled so far stay filled; the cursor is saved.",
    next: "Look for writers with session_replication_role = replica, or a step whose predicate still matches what it fills; then: segue resume",
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
