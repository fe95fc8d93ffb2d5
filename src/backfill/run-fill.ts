import { relationKey, type RelationName } from "../model/relation.ts";
import { sessionPrefix } from "../postgres/session-name.ts";
import { SQLSTATE, sqlstateOf } from "../postgres/sqlstate.ts";
import { fenced, type Work } from "./batch-sql.ts";
import type { FillContext, FillResult } from "./context.ts";
import { createExtents, type Extent, type NewExtent, readExtents, startSweep } from "./extents.ts";
import { fillLeaf } from "./fill-leaf.ts";
import { batchLimits, fillSettings, rowsSettings, SKIP_USER_TRIGGERS, withSettings } from "./fill-settings.ts";
import { HotWatch } from "./hot-watch.ts";
import type { BatchStep, Lane } from "./lane.ts";
import { type Leaf, readTree, rowsPerPage, type Tree } from "./leaves.ts";
import { Pacing } from "./pacing.ts";
import { openRows, Quarantine } from "./quarantine.ts";
import { retryQuarantined } from "./quarantine-retry.ts";
import { Brake, withBrake } from "./throttle/brake.ts";
import { signalsOf } from "./throttle/signals-of.ts";
import { Tracker } from "./tracker.ts";
import { Worker } from "./worker.ts";

/**
 * Fills the rows of a table that need it, leaf by leaf, or changes those that a list names, and proves by a sweep that none is left. Goes on from
 * segue.extent if it was interrupted; a row that is filled no longer matches the step's predicate, so none is filled
 * twice. One transaction a batch: the rows, the cursor and the check that this runner still has the lease.
 *
 * @throws SegueError SEG0308 if cancelled, SEG0309 if the signal is aborted, SEG0403 if another runner has taken over,
 *   SEG0404 if too many rows can't be filled or if rows keep appearing, SEG0103 for a table that can't be walked,
 *   SEG0207 if user triggers can't be kept from firing, SEG0401 if the statement can't be run at all
 */
export async function runFill(context: FillContext, step: BatchStep): Promise<FillResult> {
  const signals = signalsOf(context.settings.throttle, sessionPrefix(context.rollout));
  return await withBrake(new Brake(context, signals), (brake) => fill(context, step, brake));
}

async function fill(context: FillContext, step: BatchStep, brake: Brake): Promise<FillResult> {
  const { session } = context;
  const limits = batchLimits(await deadlockTimeout(context));
  const pacing = new Pacing(context, brake);
  const worker = new Worker(context, step, pacing, limits.statementTimeout);
  const triggers = step.userTriggers === "skip" ? SKIP_USER_TRIGGERS : {};
  return await withSettings(session, { ...settingsOf(step, limits), ...triggers }, async () => {
    const walked = walkedTable(step);
    let tree = await openTree(worker, walked);
    let extents = await reopened(worker, step, tree, await readExtents(worker));
    const tracker = new Tracker(context, step.table, {
      sweeps: true,
      rows: sum(extents.map((extent) => extent.rowsDone)),
    });
    const hotWatch = new HotWatch(context);
    await worker.calibrate(
      fenced(context, `UPDATE segue.extent SET updated_at = updated_at WHERE id = ${extents[0]?.id ?? 0}`),
    );
    for (;;) {
      for (const extent of extents) {
        tracker.expect(relationKey(extent.table), extent.endBlock, extent.state === "done" ? 1 : 0);
      }
      for (const extent of extents) {
        const leaf = leafOf(tree, extent);
        if (extent.state === "done" || leaf === undefined) continue;
        const quarantine = new Quarantine(worker, filedUnder(step, tree, leaf));
        await quarantine.load();
        const keyColumns = keyOf(step, tree);
        const lane: Lane = { worker, step, leaf, extent, quarantine, keyColumns, tracker, hotWatch };
        try {
          await fillLeaf(lane);
        } catch (error) {
          // Old partitions are dropped on any day: their rows are gone, and so is the work.
          if (sqlstateOf(error) !== SQLSTATE.undefinedTable || (await isLeaf(worker, walked, leaf))) throw error;
        }
      }
      // A leaf that was attached meanwhile brings rows that no trigger of ours has seen.
      tree = await openTree(worker, walked);
      extents = await readExtents(worker);
      if (extents.every((extent) => extent.state === "done" || leafOf(tree, extent) === undefined)) break;
    }
    await retryAll(worker, step, tree, extents);
    tracker.finish("sweep");
    const done = await readExtents(worker);
    return { rows: sum(done.map((extent) => extent.rowsDone)), quarantined: await openRows(worker, step.table) };
  });
}

/**
 * A step that is run again over rows put aside is swept again: of some of those rows nothing is known but that they
 * are not filled.
 */
async function reopened(worker: Worker, step: BatchStep, tree: Tree, extents: readonly Extent[]): Promise<Extent[]> {
  if (extents.some((extent) => extent.state !== "done") || (await openRows(worker, step.table)) === 0)
    return [...extents];
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
    if (!known.has(relationKey(leaf.table)))
      fresh.push({ leaf, rowsPerPage: await rowsPerPage(leaf, (sql) => worker.ask(sql)) });
  }
  await createExtents(worker, fresh);
  return tree;
}

async function isLeaf(worker: Worker, table: RelationName, leaf: Leaf): Promise<boolean> {
  const { leaves } = await readTree(table, (sql, values) => worker.ask(sql, values));
  return leaves.some((other) => relationKey(other.table) === relationKey(leaf.table));
}

/** Where a primary key names a row in the whole table, rows are filed under the table; else under their leaf, by ctid. */
function filedUnder(step: BatchStep, tree: Tree, leaf: Leaf): RelationName {
  return keyOf(step, tree).length > 0 ? step.table : leaf.table;
}

async function retryAll(worker: Worker, step: BatchStep, tree: Tree, extents: readonly Extent[]): Promise<void> {
  const keyColumns = keyOf(step, tree);
  const names = new Map([[relationKey(step.table), step.table]]);
  if (keyColumns.length === 0) for (const { table } of tree.leaves) names.set(relationKey(table), table);
  const { rollout, epoch } = worker.context;
  for (const [name, filed] of names) {
    const extent = extents.find((candidate) => relationKey(candidate.table) === name) ?? extents[0];
    if (extent === undefined) continue;
    const table = step.kind === "rows" ? step.list : filed;
    const work: Work = { rollout, epoch, extent: extent.id, table, step, keyColumns, aside: [] };
    await retryQuarantined(worker, work, filed);
  }
}

/** The table whose blocks are walked. */
function walkedTable(step: BatchStep): RelationName {
  return step.kind === "rows" ? step.list : step.table;
}

/** The columns by which rows are put aside. */
function keyOf(step: BatchStep, tree: Tree): readonly string[] {
  return step.kind === "rows" ? step.key : tree.primaryKey;
}

function settingsOf(step: BatchStep, limits: ReturnType<typeof batchLimits>): Record<string, string> {
  return step.kind === "rows" ? rowsSettings(step.table, limits) : fillSettings(step.table, limits);
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

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
