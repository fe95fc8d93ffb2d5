import { type CheckLane, checkRows, counted, type LeafCount } from "./check-lane.ts";
import { type CheckRow, checkStatement, MARK, since } from "./verify-sql.ts";

/** One statement over the whole leaf: the sooner it ends, the sooner its snapshot lets pruning go on. */
const PARALLEL = "SET LOCAL max_parallel_workers_per_gather = 2";

/** A moment before a pass, to know afterwards which row versions are younger. */
export async function markOf({ worker }: CheckLane): Promise<string> {
  const [row] = await worker.ask<{ mark: string }>(MARK);
  if (row === undefined) throw new Error("the server did not tell its snapshot");
  return row.mark;
}

/**
 * Checks what a pass over the blocks can't have seen: a wrong row that an update of its other columns has moved from what
 * was still to be read into what had been read. It asks for the versions that were written since the pass began, in one
 * statement and so under one snapshot, from which no row can slip away. A version that is older than the pass stood in
 * its place all the while, and was read there. So every row that was wrong before the pass and is so now has been counted.
 *
 * The statement reads the whole leaf once more, but computes the predicate for young versions alone. Where it fails for
 * one of them they are looked at one by one, until a statement has come through or a wrong row is found.
 */
export async function verifyMoved(lane: CheckLane, mark: string): Promise<LeafCount> {
  const place = since(mark);
  for (let times = 0; ; times += 1) {
    const result = await lane.worker.attempt<CheckRow>(
      `${PARALLEL};\n${checkStatement(lane.check, place)}`,
      "unlimited",
    );
    switch (result.outcome) {
      case "done":
        // The rows themselves were counted in the pass, or have come since.
        return { ...(await counted(lane, result.row, place, 0)), rows: 0 };
      case "bad": {
        const count = await checkRows(lane, place);
        if (count.mismatches > 0) return { ...count, rows: 0 };
        break;
      }
      case "locked":
      case "slow":
        await lane.worker.giveWay(times);
        break;
      default:
        result satisfies never;
    }
  }
}
