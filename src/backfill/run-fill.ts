import { relationKey } from "../model/relation.ts";
import type { Verification } from "../model/step.ts";
import { sleep } from "../postgres/sleep.ts";
import type { FillContext, FillResult } from "./context.ts";
import { createExtents, type Extent, type NewExtent, PART_BLOCKS, readExtents, reopenExtents } from "./extents.ts";
import { type Fill, leafOf, readFillTree } from "./fill.ts";
import { restart } from "./fill-extent.ts";
import type { BatchStep } from "./lane.ts";
import { type Leaf, rowsPerPage, type Tree } from "./leaves.ts";
import { openRows } from "./quarantine.ts";
import { retryAll } from "./quarantine-retry.ts";
import { runCrew } from "./run-crew.ts";
import { withFill } from "./with-fill.ts";
import type { Worker } from "./worker.ts";

/** What only measurements and tests change. */
export interface FillTuning {
  /** Blocks of a part of a leaf. */
  readonly partBlocks?: number;
  /** Milliseconds between two looks at what the workers do to the clients. */
  readonly lookEvery?: number;
  /** Milliseconds between two looks at whether updates can be HOT again. */
  readonly hotEvery?: number;
}

/** Milliseconds between two looks at whether other processes are done with their extents. */
const WAIT_MS = 250;

/**
 * Fills the rows of a table that need it, extent by extent, or changes those that a list names, and proves by sweeps that none is left. Goes on from
 * segue.extent if it was interrupted; a row that is filled no longer matches the step's predicate, so none is filled
 * twice. One transaction a batch: the rows, the cursor and the check that the runner still has the lease and the worker
 * its extent. Extents that other processes hold are waited for.
 *
 * @param verifications of the step's table, by which rows that triggers have put aside must be right
 * @throws SegueError SEG0308 if cancelled, SEG0309 if the signal is aborted, SEG0403 if another runner has taken over,
 *   SEG0404 if too many rows can't be filled or if rows keep appearing, SEG0103 for a table that can't be walked,
 *   SEG0207 if user triggers can't be kept from firing, SEG0401 if the statement can't be run at all
 */
export async function runFill(
  context: FillContext,
  step: BatchStep,
  tuning: FillTuning = {},
  verifications: readonly Verification[] = [],
): Promise<FillResult> {
  return await withFill(
    context,
    step,
    async (fill, worker) => {
      const { partBlocks } = tuning;
      const earlier = await readExtents(worker);
      fill.tree = await openTree(worker, step, partBlocks);
      let extents = await reopened(worker, step, fill.tree, earlier);
      for (;;) {
        fill.passed.clear();
        fill.keeper.follow(extents);
        if (isOpen(fill, extents)) await runCrew(fill, worker, tuning.lookEvery);
        // A leaf that was attached meanwhile brings rows that no trigger of ours has seen.
        fill.tree = await openTree(worker, step, partBlocks);
        const before = extents;
        extents = await readExtents(worker);
        if (!isOpen(fill, extents)) break;
        if (extents.length > before.length) continue;
        // Others are at what is left.
        await worker.pacing.boundary();
        await sleep(WAIT_MS, context.signal).catch(() => {});
      }
      await retryAll(worker, step, fill.tree, extents, { swept: true, verifications });
      const done = await readExtents(worker);
      fill.keeper.follow(done);
      fill.tracker.finish("sweep");
      const rows = done.reduce((sum, extent) => sum + extent.rowsDone, 0);
      return { rows, quarantined: await openRows(worker, step.table) };
    },
    tuning.hotEvery,
  );
}

/** True if an extent of a leaf that is there is not done. */
function isOpen({ tree }: Fill, extents: readonly Extent[]): boolean {
  return extents.some((extent) => extent.state !== "done" && leafOf(tree, extent) !== undefined);
}

/**
 * A step that is run again over rows put aside is swept again: of some of those rows nothing is known but that they
 * are not filled.
 *
 * @param earlier the extents as earlier runs have left them
 */
async function reopened(worker: Worker, step: BatchStep, tree: Tree, earlier: readonly Extent[]): Promise<Extent[]> {
  if (earlier.every(({ state }) => state === "done") && (await openRows(worker, step.table)) > 0) {
    const again: [Extent, Leaf][] = [];
    for (const extent of earlier) {
      const leaf = leafOf(tree, extent);
      if (leaf !== undefined) again.push([extent, leaf]);
    }
    await reopenExtents(worker, again);
  }
  return await readExtents(worker);
}

/**
 * Reads the leaves and makes extents for each that has none. One that has another storage than its extents begins again, done as they
 * may be: another table may have taken its name, and its place in the tree.
 */
async function openTree(worker: Worker, step: BatchStep, partBlocks = PART_BLOCKS): Promise<Tree> {
  const tree = await readFillTree(worker, step);
  const known = new Map((await readExtents(worker)).map((extent) => [relationKey(extent.table), extent]));
  const fresh: NewExtent[] = [];
  for (const leaf of tree.leaves) {
    const extent = known.get(relationKey(leaf.table));
    if (extent === undefined) fresh.push({ leaf, rowsPerPage: await rowsPerPage(leaf, (sql) => worker.ask(sql)) });
    else if (leaf.relfilenode !== extent.relfilenode) await restart(worker, leaf);
  }
  await createExtents(worker, fresh, partBlocks);
  return tree;
}
