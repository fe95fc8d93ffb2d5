import { relationKey } from "../model/relation.ts";
import { inRange } from "./stripe-sql.ts";
import { type CheckLane, checkRows, counted, type LeafCount, NOTHING, plus } from "./check-lane.ts";
import { type Leaf, readTree } from "./leaves.ts";
import { markOf, verifyMoved } from "./verify-moved.ts";
import { type CheckRow, checkStatement } from "./verify-sql.ts";
import { collapsed, FIRST_WINDOW, halved, nextWindow } from "./window.ts";

/**
 * Checks a heap by ranges of its blocks, each lane one after the other, once more what it has grown by meanwhile, and then
 * what was moved behind their backs. A rewrite on the way begins the count again.
 *
 * @param lanes of one leaf, each with a session of its own
 */
export async function verifyBlocks(lanes: readonly [CheckLane, ...CheckLane[]]): Promise<LeafCount> {
  const [lane] = lanes;
  const mark = await markOf(lane);
  let leaf = await reread(lane);
  for (;;) {
    const count = await whole(lanes, leaf);
    // Counted already, a wrong row that was updated since would be counted twice.
    if (count !== "rewritten") return count.mismatches > 0 ? count : plus(count, await verifyMoved(lane, mark));
    lane.worker.context.emit({ type: "restarted", table: leaf.table });
    leaf = await reread(lane);
  }
}

async function whole(lanes: readonly [CheckLane, ...CheckLane[]], leaf: Leaf): Promise<LeafCount | "rewritten"> {
  const count = await checkBlocks(lanes, leaf, 0);
  if (count === "rewritten") return count;
  const now = await reread(lanes[0]);
  // Every row of a storage that is gone by now was read in it.
  if (now.relfilenode !== leaf.relfilenode) return count;
  const grown = await checkBlocks([lanes[0]], now, leaf.blocks);
  if (grown !== "rewritten") return plus(count, grown);
  lanes[0].tracker.forget(count.rows);
  return grown;
}

/** What the lanes of one pass share. */
interface Pass {
  readonly leaf: Leaf;
  /** The first block that no lane has taken. */
  next: number;
  done: number;
  rows: number;
  /** No lane takes more: the storage is another one, or a lane has failed. */
  over: boolean;
}

/** Checks the blocks from `start` to the end that the leaf has. */
async function checkBlocks(lanes: readonly CheckLane[], leaf: Leaf, start: number): Promise<LeafCount | "rewritten"> {
  const pass: Pass = { leaf, next: start, done: start, rows: 0, over: false };
  const outcomes = await Promise.allSettled(
    lanes.map((lane) =>
      checkLane(lane, pass).catch((error: unknown) => {
        pass.over = true;
        throw error;
      }),
    ),
  );
  let count = NOTHING;
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") throw outcome.reason;
    count = plus(count, outcome.value);
  }
  if (!pass.over) return count;
  lanes[0]?.tracker.forget(pass.rows);
  return "rewritten";
}

async function checkLane(lane: CheckLane, pass: Pass): Promise<LeafCount> {
  const { worker, tracker, check } = lane;
  const { leaf } = pass;
  let count = NOTHING;
  let window = FIRST_WINDOW;
  while (!pass.over && pass.next < leaf.blocks) {
    const end = Math.min(pass.next + window, leaf.blocks);
    let block = pass.next;
    pass.next = end;
    let lockedInARow = 0;
    while (block < end && !pass.over) {
      const range = { from: block, to: Math.min(block + window, end) };
      const size = range.to - range.from;
      const result = await worker.attempt<CheckRow>(checkStatement(check, inRange(range)));
      switch (result.outcome) {
        case "done": {
          lockedInARow = 0;
          if (Number(result.row.relfilenode) !== leaf.relfilenode) {
            pass.over = true;
            return count;
          }
          const rows = Number(result.row.rows);
          count = plus(count, await counted(lane, result.row, inRange(range), count.samples.length));
          window = nextWindow(window, [result.elapsed], worker.pacing.target());
          block = range.to;
          pass.done += size;
          pass.rows += rows;
          tracker.advance(relationKey(leaf.table), "verify", pass.done / leaf.blocks, { rows, hot: 0, wal: 0 });
          break;
        }
        case "locked":
          await worker.giveWay(lockedInARow);
          lockedInARow += 1;
          break;
        case "slow":
        case "bad":
          if (size > 1) window = result.outcome === "slow" ? collapsed(size) : halved(size);
          else {
            count = plus(count, await checkRows(lane, inRange(range)));
            block = range.to;
            pass.done += size;
          }
          break;
        default:
          result satisfies never;
      }
    }
  }
  return count;
}

async function reread({ worker, leaf }: CheckLane): Promise<Leaf> {
  const { leaves } = await readTree(leaf.table, (sql, values) => worker.ask(sql, values));
  return leaves.find(({ table }) => relationKey(table) === relationKey(leaf.table)) ?? leaf;
}
