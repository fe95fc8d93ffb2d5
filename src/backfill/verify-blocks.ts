import { relationKey } from "../model/relation.ts";
import { inRange } from "./batch-sql.ts";
import { type CheckLane, checkRows, counted, type LeafCount, NOTHING, plus } from "./check-lane.ts";
import { type Leaf, readTree } from "./leaves.ts";
import { markOf, verifyMoved } from "./verify-moved.ts";
import { type CheckRow, checkStatement } from "./verify-sql.ts";
import { collapsed, FIRST_WINDOW, halved, nextWindow } from "./window.ts";

/**
 * Checks a heap by ranges of its blocks, once more what it has grown by meanwhile, and then what was moved behind its back.
 * A rewrite on the way begins the count again.
 */
export async function verifyBlocks(lane: CheckLane): Promise<LeafCount> {
  const mark = await markOf(lane);
  const count = await pass(lane);
  // Counted already, a wrong row that was updated since would be counted twice.
  return count.mismatches > 0 ? count : plus(count, await verifyMoved(lane, mark));
}

async function pass(lane: CheckLane): Promise<LeafCount> {
  const { worker, tracker, check } = lane;
  const name = relationKey(lane.leaf.table);
  let leaf = await reread(lane);
  let count = NOTHING;
  let block = 0;
  let window = FIRST_WINDOW;
  let lockedInARow = 0;
  let grown = false;
  for (;;) {
    if (block >= leaf.blocks) {
      if (grown) return count;
      grown = true;
      const now = await reread(lane);
      if (now.relfilenode === leaf.relfilenode) leaf = now;
      continue;
    }
    const range = { from: block, to: Math.min(block + window, leaf.blocks) };
    const size = range.to - range.from;
    const result = await worker.attempt<CheckRow>(checkStatement(check, inRange(range)));
    switch (result.outcome) {
      case "done":
        lockedInARow = 0;
        if (Number(result.row.relfilenode) !== leaf.relfilenode) {
          worker.context.emit({ type: "restarted", table: leaf.table });
          tracker.forget(count.rows);
          leaf = await reread(lane);
          [count, block, grown] = [NOTHING, 0, false];
          break;
        }
        count = plus(count, await counted(lane, result.row, inRange(range), count.samples.length));
        window = nextWindow(window, [result.elapsed], worker.pacing.target());
        block = range.to;
        tracker.advance(name, "verify", block / leaf.blocks, Number(result.row.rows));
        break;
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
        }
        break;
      default:
        result satisfies never;
    }
  }
}

async function reread({ worker, leaf }: CheckLane): Promise<Leaf> {
  const { leaves } = await readTree(leaf.table, (sql, values) => worker.ask(sql, values));
  return leaves.find(({ table }) => relationKey(table) === relationKey(leaf.table)) ?? leaf;
}
