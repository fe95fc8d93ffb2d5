import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import { ROW } from "../model/step.ts";
import { sqlstateOf } from "../postgres/sqlstate.ts";
import { qualified } from "../sql/identifier.ts";
import { needs, plannable } from "./batch-sql.ts";
import { inRange } from "./stripe-sql.ts";
import { blockPass } from "./block-pass.ts";
import { restartLeaf, startSweep } from "./extents.ts";
import { failureOf } from "./failure.ts";
import { leafOf, readFillTree } from "./fill.ts";
import { keyPass } from "./key-pass.ts";
import { type Lane, type PassResult, workOf } from "./lane.ts";
import { type Leaf, rowsPerPage } from "./leaves.ts";
import { rowKey } from "./row-key.ts";
import { stripesFor, SWEEP } from "./stripes.ts";
import type { Worker } from "./worker.ts";

/** Sweeps of one leaf before the fill gives up: something keeps making rows that the sync does not fill. */
const MOST_SWEEPS = 20;

/**
 * Fills an extent, then sweeps it until a whole sweep has found nothing to do. Rows that need the fill never move between
 * the extents of a leaf (an update of a client's fills the row that it moves), but by a rewrite of it: then all of them
 * begin again, and none is anyone's.
 *
 * @throws ClaimLost if another worker has it
 */
export async function fillExtent(start: Lane): Promise<"swept" | "restarted"> {
  let lane = start;
  const { worker } = lane;
  if (isOther(lane)) {
    lane = { ...lane, leaf: await currentLeaf(lane) };
    if (isOther(lane)) return await restart(worker, lane.leaf);
  }
  let sweeps = lane.extent.stripes === SWEEP ? 1 : 0;
  // A sweep that touched nothing has left rows that need it.
  let keptBack = false;
  // What an interrupted sweep had filled before is not known: it is not the proof.
  let whole = sweeps === 0 || (lane.extent.block === lane.extent.firstBlock && lane.extent.cursorKey === null);
  for (;;) {
    const result = await pass(lane);
    if (result.result === "rewritten") return await restart(worker, await currentLeaf(lane));
    if (sweeps > 0) {
      worker.context.emit({ type: "swept", table: lane.leaf.table, rows: result.rows });
      if (result.untouched && whole) {
        const left = await rowLeft(lane);
        if (left === null) return "swept";
        if (keptBack && lane.step.kind === "fill") throw isKeptBack(lane, left);
        keptBack = true;
      } else keptBack = false;
      if (sweeps >= MOST_SWEEPS) throw neverEnds(lane, result.rows);
    }
    whole = true;
    sweeps += 1;
    lane = { ...lane, leaf: await currentLeaf(lane) };
    if (isOther(lane)) return await restart(worker, lane.leaf);
    lane = { ...lane, extent: await startSweep(worker, lane.extent, lane.leaf) };
  }
}

/** True if the leaf's storage is another one than that of which the extent is. */
function isOther({ leaf, extent }: Lane): boolean {
  return leaf.method === "stripe" && leaf.relfilenode !== extent.relfilenode;
}

/** Begins a leaf again, unless somebody else has done so already: its storage is another one. */
export async function restart(worker: Worker, leaf: Leaf): Promise<"restarted"> {
  const stripes = leaf.method === "key" ? null : stripesFor(await rowsPerPage(leaf, (sql) => worker.ask(sql)));
  if (await restartLeaf(worker, leaf, stripes)) worker.context.emit({ type: "restarted", table: leaf.table });
  return "restarted";
}

function pass(lane: Lane): Promise<PassResult> {
  return lane.extent.method === "stripe" ? blockPass(lane) : keyPass(lane);
}

/** A statement that fails before it has read a row would put every row aside: found by planning it. */
export async function refuseWhatNeverRuns(lane: Lane): Promise<void> {
  const work = workOf(lane);
  try {
    await lane.worker.ask(`EXPLAIN ${plannable(work, lane.leaf.order)}`);
  } catch (error) {
    if (failureOf(sqlstateOf(error)) !== "data") throw error;
    throw new SegueError("SEG0401", {
      message: `The fill of ${relationKey(lane.leaf.table)} can't be run: ${error instanceof Error ? error.message : String(error)}`,
      object: relationKey(lane.leaf.table),
      left: "The rows filled so far stay filled; nothing more is.",
      next: `settle the cause, then segue resume ${lane.worker.context.plan}; or segue reverse ${lane.worker.context.plan}`,
      cause: error,
    });
  }
}

async function currentLeaf({ worker, step, leaf }: Lane): Promise<Leaf> {
  // Detached on the way: what is left of it is nobody's of ours; the last reading of it ends the pass.
  return leafOf(await readFillTree(worker, step), leaf) ?? leaf;
}

/**
 * A row that is left to be changed and not put aside, as the quarantine would name it; null if there is none. A sweep passes over entries of
 * a list that change under its hands, and without a word over rows that a trigger of the application keeps as they are.
 */
async function rowLeft(lane: Lane): Promise<string | null> {
  const { extent, keyColumns, leaf, step, worker } = lane;
  if (step.kind === "fill" && !(await mayKeepRows(lane))) return null;
  const place = leaf.method === "stripe" ? inRange({ from: extent.firstBlock, to: extent.endBlock }) : "true";
  const left = `FROM ONLY ${qualified(leaf.table)} AS ${ROW} WHERE ${place} AND ${needs(workOf(lane))} LIMIT 1`;
  const sql = `SELECT (SELECT ${rowKey(keyColumns)}::text ${left}) AS key`;
  const found = await worker.insist<{ key: string | null }>(sql);
  // One that has come behind the sweep's back, as it has no value: the next one's to find.
  return found.outcome === "bad" ? found.error.message : found.row.key;
}

/** True if a trigger may keep a row from being updated by returning NULL. */
async function mayKeepRows({ leaf, step, worker }: Lane): Promise<boolean> {
  const own = "syncTrigger" in step ? step.syncTrigger : undefined;
  const [trigger] = await worker.ask(
    // BEFORE, UPDATE, FOR EACH ROW.
    `SELECT FROM pg_trigger WHERE tgrelid = $1::regclass AND tgtype & 19 = 19 AND tgenabled <> 'D' AND NOT tgisinternal AND tgname <> $2 LIMIT 1`,
    [qualified(leaf.table), own ?? ""],
  );
  return trigger !== undefined;
}

function isKeptBack({ worker, leaf }: Lane, row: string): SegueError {
  const table = relationKey(leaf.table);
  return new SegueError("SEG0404", {
    message: `Rows of ${table} stay as they are when they are filled, such as ${row}: a trigger before the update returns NULL for them`,
    object: table,
    left: "The rows filled so far stay filled; the cursor is saved.",
    next: `Let the trigger pass them, then segue resume ${worker.context.plan}; or segue reverse ${worker.context.plan}, and expand anew with settings.backfill.user_triggers: skip`,
  });
}

function neverEnds({ worker, leaf }: Lane, rows: number): SegueError {
  const table = relationKey(leaf.table);
  return new SegueError("SEG0404", {
    message: `After ${MOST_SWEEPS} sweeps of ${table} there still were ${rows} rows to fill: something writes rows that the sync does not fill`,
    object: table,
    left: "The rows filled so far stay filled; the cursor is saved.",
    next: `Look for writers with session_replication_role = replica, or a step whose predicate still matches what it fills; then segue resume ${worker.context.plan}`,
  });
}
