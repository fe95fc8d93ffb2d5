import { relationKey } from "../model/relation.ts";
import { ROW } from "../model/step.ts";
import { qualified } from "../sql/identifier.ts";
import { type CheckLane, checkRows, counted, type LeafCount, NOTHING, plus } from "./check-lane.ts";
import { beyond, keyList, upTo } from "./key-range.ts";
import { rowKey } from "./row-key.ts";
import { checkByKey, type CheckRow } from "./verify-sql.ts";
import { collapsed, FIRST_WINDOW, halved, nextWindow } from "./window.ts";

/** Checks a table that is no heap in the order of a key. */
export async function verifyByKey(lane: CheckLane): Promise<LeafCount> {
  const { worker, tracker, leaf, check } = lane;
  const place = (last: string): string =>
    `${beyond(check.table, leaf.order, after)} AND ${upTo(check.table, leaf.order, last)}`;
  let count = NOTHING;
  let after: string | null = null;
  let limit = FIRST_WINDOW;
  let lockedInARow = 0;
  for (;;) {
    const sql: string = checkByKey(check, leaf.order, after, limit);
    const result = await worker.attempt<CheckRow>(sql);
    switch (result.outcome) {
      case "done": {
        lockedInARow = 0;
        const { row, elapsed } = result;
        if (row.cursor === null) return count;
        count = plus(count, await counted(lane, row, place(row.cursor), count.samples.length));
        const share = count.rows / Math.max(count.rows, (leaf.rowsPerPage ?? 0) * leaf.blocks);
        tracker.advance(relationKey(leaf.table), "verify", share, { rows: Number(row.rows), hot: 0, wal: 0 });
        after = row.cursor;
        limit = nextWindow(limit, [elapsed], worker.pacing.target());
        break;
      }
      case "locked":
        await worker.giveWay(lockedInARow);
        lockedInARow += 1;
        break;
      case "slow":
      case "bad":
        if (limit > 1) limit = result.outcome === "slow" ? collapsed(limit) : halved(limit);
        else {
          const next = await nextPlace(lane, after);
          if (next === null) return count;
          count = plus(count, await checkRows(lane, place(next)));
          after = next;
        }
        break;
      default:
        result satisfies never;
    }
  }
}

async function nextPlace({ worker, leaf }: CheckLane, after: string | null): Promise<string | null> {
  const rows = await worker.ask<{ place: string }>(
    `SELECT ${rowKey(leaf.order)}::text AS place FROM ONLY ${qualified(leaf.table)} AS ${ROW} ` +
      `WHERE ${beyond(leaf.table, leaf.order, after)} ORDER BY ${keyList(leaf.order)} LIMIT 1`,
  );
  return rows[0]?.place ?? null;
}
