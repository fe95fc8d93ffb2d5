import { relationKey } from "../model/relation.ts";
import type { Verification } from "../model/step.ts";
import { SQLSTATE, sqlstateOf } from "../postgres/sqlstate.ts";
import { type CheckLane, type LeafCount, NOTHING, plus } from "./check-lane.ts";
import type { FillContext } from "./context.ts";
import { type Leaf, readTree } from "./leaves.ts";
import { type Readers, withReaders } from "./readers.ts";
import { Tracker } from "./tracker.ts";
import { verifyBlocks } from "./verify-blocks.ts";
import { verifyByKey } from "./verify-keys.ts";
import type { Worker } from "./worker.ts";

/** `samples`: at most ten keys, `{"id": 7}`, with the error where the predicate itself failed for the row. */
export type VerificationResult = LeafCount;

/**
 * Checks every row of a table, leaf by leaf, as large as they are now, by read-only statements that each span a few
 * blocks, side by side over as many sessions as `settings.backfill.workers` says; one more at the end of each leaf looks at what was updated meanwhile (verify-moved.ts). A row for which the
 * predicate fails, or comes to NULL, is a mismatch.
 *
 * @throws SegueError SEG0308 if cancelled, SEG0309 if the signal is aborted, SEG0103 for a table that can't be walked
 */
export async function runVerification(context: FillContext, verification: Verification): Promise<VerificationResult> {
  return await withReaders(context, verification, (workers) => verify(context, verification, workers));
}

async function verify(context: FillContext, verification: Verification, workers: Readers): Promise<LeafCount> {
  const [worker] = workers;
  const tracker = new Tracker(context, verification.table, { sweeps: false });
  const counted = new Map<string, Counted>();
  // Read again after each pass: a leaf that was attached meanwhile is part of the table, be it under the name of another one.
  for (let fresh = await unread(worker, verification, counted); fresh.leaves.length > 0;) {
    for (const leaf of fresh.leaves) tracker.expect(relationKey(leaf.table), leaf.blocks);
    for (const leaf of fresh.leaves) {
      const check = { table: leaf.table, mismatch: verification.mismatch, keyColumns: fresh.primaryKey };
      try {
        counted.set(relationKey(leaf.table), { leaf, count: await verifyLeaf(workers, { tracker, leaf, check }) });
      } catch (error) {
        // Dropped on the way: it has no rows to be wrong.
        if (sqlstateOf(error) !== SQLSTATE.undefinedTable || (await isLeaf(worker, verification, leaf))) throw error;
        counted.set(relationKey(leaf.table), { leaf, count: NOTHING });
      }
    }
    fresh = await unread(worker, verification, counted);
  }
  tracker.finish("verify");
  return [...counted.values()].reduce((sum, { count }) => plus(sum, count), NOTHING);
}

/** What has been counted under a name, and of which table. */
interface Counted {
  readonly leaf: Leaf;
  readonly count: LeafCount;
}

function verifyLeaf([first, ...more]: Readers, leaf: Omit<CheckLane, "worker">): Promise<LeafCount> {
  const lane = { ...leaf, worker: first };
  if (leaf.leaf.method === "key") return verifyByKey(lane);
  return verifyBlocks([lane, ...more.map((worker) => ({ ...leaf, worker }))]);
}

async function unread(
  worker: Worker,
  { table }: Verification,
  counted: ReadonlyMap<string, Counted>,
): Promise<{ leaves: Leaf[]; primaryKey: readonly string[] }> {
  const tree = await readTree(table, (sql, values) => worker.ask(sql, values));
  const leaves = tree.leaves.filter((leaf) => counted.get(relationKey(leaf.table))?.leaf.oid !== leaf.oid);
  return { primaryKey: tree.primaryKey, leaves };
}

async function isLeaf(worker: Worker, { table }: Verification, leaf: Leaf): Promise<boolean> {
  const { leaves } = await readTree(table, (sql, values) => worker.ask(sql, values));
  return leaves.some((other) => relationKey(other.table) === relationKey(leaf.table));
}
