import { relationKey } from "../model/relation.ts";
import type { Verification } from "../model/step.ts";
import { SQLSTATE, sqlstateOf } from "../postgres/sqlstate.ts";
import type { Session } from "../postgres/session.ts";
import { type CheckLane, type LeafCount, NOTHING, plus } from "./check-lane.ts";
import type { FillContext } from "./context.ts";
import { applySettings, readSettings, withSettings } from "./fill-settings.ts";
import { type Leaf, readTree } from "./leaves.ts";
import { Pacing } from "./pacing.ts";
import { Brake, withBrake } from "./throttle/brake.ts";
import { Tracker } from "./tracker.ts";
import { verifyBlocks } from "./verify-blocks.ts";
import { verifyByKey } from "./verify-keys.ts";
import { Worker } from "./worker.ts";

/** Milliseconds. Longer than a batch: nobody waits for a reader, but its snapshot holds pruning off. */
const STATEMENT_TIME = 200;
/** Milliseconds: a statement of a predicate that is dear for some row, but not a hang. */
const STATEMENT_TIMEOUT = 5_000;
const LOCK_TIMEOUT = 1_000;

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
  const settings = { ...context.settings, batch_time: STATEMENT_TIME, batch_time_busy: STATEMENT_TIME };
  const reading: FillContext = { ...context, settings };
  // Signals are about what a fill writes: a verification obeys people alone.
  return await withBrake(new Brake(reading, []), (brake) =>
    withWorkers(reading, verification, brake, (workers) => verify(reading, verification, workers)),
  );
}

async function verify(reading: FillContext, verification: Verification, workers: Workers): Promise<LeafCount> {
  const [worker] = workers;
  const tracker = new Tracker(reading, verification.table, { sweeps: false, rows: 0 });
  const counted = new Map<string, LeafCount>();
  // Read again after each pass: a leaf that was attached meanwhile is part of the table.
  for (let fresh = await unread(worker, verification, counted); fresh.leaves.length > 0;) {
    for (const leaf of fresh.leaves) tracker.expect(relationKey(leaf.table), leaf.blocks);
    for (const leaf of fresh.leaves) {
      const check = { table: leaf.table, mismatch: verification.mismatch, keyColumns: fresh.primaryKey };
      try {
        counted.set(relationKey(leaf.table), await verifyLeaf(workers, { tracker, leaf, check }));
      } catch (error) {
        // Dropped on the way: it has no rows to be wrong.
        if (sqlstateOf(error) !== SQLSTATE.undefinedTable || (await isLeaf(worker, verification, leaf))) throw error;
        counted.set(relationKey(leaf.table), NOTHING);
      }
    }
    fresh = await unread(worker, verification, counted);
  }
  tracker.finish("verify");
  return [...counted.values()].reduce(plus, NOTHING);
}

type Workers = readonly [Worker, ...Worker[]];

function verifyLeaf([first, ...more]: Workers, leaf: Omit<CheckLane, "worker">): Promise<LeafCount> {
  const lane = { ...leaf, worker: first };
  if (leaf.leaf.method === "key") return verifyByKey(lane);
  return verifyBlocks([lane, ...more.map((worker) => ({ ...leaf, worker }))]);
}

/** Runs `work` with as many workers as the fill may have, each with a session that reads only. */
async function withWorkers<T>(
  context: FillContext,
  { table }: Verification,
  brake: Brake,
  work: (workers: Workers) => Promise<T>,
): Promise<T> {
  const settings = { ...readSettings(table, LOCK_TIMEOUT), default_transaction_read_only: "on" };
  const sessions: Session[] = [];
  try {
    while (sessions.length < context.settings.workers - 1) sessions.push(await context.connect("verify"));
    const workerOf = async (session: Session): Promise<Worker> => {
      const own = { ...context, session };
      const worker = new Worker(own, { id: "" }, new Pacing(own, brake), STATEMENT_TIMEOUT);
      await worker.calibrate("SELECT 1");
      return worker;
    };
    return await withSettings(context.session, settings, async () => {
      const workers: [Worker, ...Worker[]] = [await workerOf(context.session)];
      for (const session of sessions) {
        await applySettings(session, settings);
        workers.push(await workerOf(session));
      }
      return await work(workers);
    });
  } finally {
    for (const session of sessions) await session.close();
  }
}

async function unread(
  worker: Worker,
  { table }: Verification,
  counted: ReadonlyMap<string, LeafCount>,
): Promise<{ leaves: Leaf[]; primaryKey: readonly string[] }> {
  const tree = await readTree(table, (sql, values) => worker.ask(sql, values));
  return { primaryKey: tree.primaryKey, leaves: tree.leaves.filter((leaf) => !counted.has(relationKey(leaf.table))) };
}

async function isLeaf(worker: Worker, { table }: Verification, leaf: Leaf): Promise<boolean> {
  const { leaves } = await readTree(table, (sql, values) => worker.ask(sql, values));
  return leaves.some((other) => relationKey(other.table) === relationKey(leaf.table));
}
