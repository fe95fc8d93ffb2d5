import { ROW } from "../model/step.ts";
import { qualified } from "../sql/identifier.ts";
import { type BatchRow, keyBatch } from "./batch-sql.ts";
import { beyond, keyList, upTo } from "./key-range.ts";
import { advance, isSweep, type Lane, type PassResult, reportLocked, workOf } from "./lane.ts";
import { revisit } from "./revisit.ts";
import { rowKey } from "./row-key.ts";
import { collapsed, collapses, halved, nextWindow } from "./window.ts";

interface KeyBatchRow extends BatchRow {
  /** Rows that the batch walked over. */
  readonly seen: string;
  readonly cursor: string | null;
}

/**
 * One pass over a table in the order of a key, for access methods that may have no TID range scan. A rewrite of the
 * table changes nothing about keys; a row whose key is changed on the way is the sync's, or the sweep's.
 */
export async function keyPass(lane: Lane): Promise<PassResult> {
  const { worker, leaf, extent, quarantine } = lane;
  const sweep = isSweep(lane);
  let after = extent.cursorKey;
  let limit = extent.window;
  let rows = 0;
  // By the rows that were filled before: how many were walked over is not kept.
  let seen = sweep || after === null ? 0 : extent.rowsDone;
  const passedOver: string[] = [];
  /** `free` once a row of the page was found locked. */
  let wanted: "all" | "free" | "none" = "all";
  let lockedInARow = 0;
  for (;;) {
    const result = await worker.attempt<KeyBatchRow>(
      keyBatch(workOf(lane), leaf.order, after, limit, wanted),
      limit === 1 ? "unlimited" : "limited",
    );
    switch (result.outcome) {
      case "done": {
        const { row, elapsed } = result;
        const filled = Number(row.rows);
        rows += filled;
        seen += Number(row.seen);
        lockedInARow = 0;
        if (wanted !== "all" && sweep && row.cursor !== null)
          passedOver.push(`${beyond(leaf.table, leaf.order, after)} AND ${upTo(leaf.table, leaf.order, row.cursor)}`);
        wanted = "all";
        advance(lane, seen / Math.max(1, extent.estimatedRows, seen), row);
        if (Number(row.seen) < limit) {
          if (passedOver.length > 0) rows += await revisit(lane, passedOver);
          return { result: "complete", rows, untouched: rows === 0 && passedOver.length === 0 };
        }
        after = row.cursor;
        limit = collapses(elapsed, worker.pacing.target())
          ? collapsed(limit)
          : nextWindow(limit, [elapsed], worker.pacing.target());
        break;
      }
      case "locked":
        if (wanted === "all") {
          wanted = "free";
          break;
        }
        // Not a row of ours: the table, or what a trigger or a foreign key locks.
        if (limit > 1) limit = halved(limit);
        // Found again by the next sweep, which is never the proof; a sweep waits for it.
        else if (!sweep && lockedInARow > 0) wanted = "none";
        worker.pacing.lookNext();
        if (lockedInARow > 1) reportLocked(lane);
        await worker.giveWay(lockedInARow);
        lockedInARow += 1;
        break;
      case "slow":
        limit = collapsed(limit);
        break;
      case "bad":
        if (limit > 1) limit = halved(limit);
        else {
          const key = await nextKey(lane, after);
          if (key !== null) await quarantine.add({ key, error: result.error, sqlstate: result.sqlstate });
        }
        break;
      default:
        result satisfies never;
    }
  }
}

/** How the row behind the cursor is filed in the quarantine; null if it has gone meanwhile. */
async function nextKey({ worker, leaf, keyColumns }: Lane, after: string | null): Promise<string | null> {
  const rows = await worker.ask<{ key: string }>(
    `SELECT ${rowKey(keyColumns)}::text AS key FROM ONLY ${qualified(leaf.table)} AS ${ROW} ` +
      `WHERE ${beyond(leaf.table, leaf.order, after)} ORDER BY ${keyList(leaf.order)} LIMIT 1`,
  );
  return rows[0]?.key ?? null;
}
