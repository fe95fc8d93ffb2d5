import { ROW } from "../model/step.ts";
import { qualified } from "../sql/identifier.ts";
import { type BatchRow, freeBatch, needs, rowBatch, type Work } from "./batch-sql.ts";
import { advance, type Lane, reportLocked, workOf } from "./lane.ts";

/** Rows waited for at a time, one by one. */
const LEFT_AT_ONCE = 20;

/**
 * Comes back to the places in which rows were locked, until none is left that needs the fill. Waits for one row at a
 * time, holding no other, so that whoever has it never waits for this session.
 *
 * @param places conditions on the rows
 * @returns the number of rows filled
 */
export async function revisit(lane: Lane, places: readonly string[]): Promise<number> {
  let rows = 0;
  for (const place of places) rows += await revisitPlace(lane, place);
  return rows;
}

async function revisitPlace(lane: Lane, place: string): Promise<number> {
  const { worker } = lane;
  let rows = 0;
  for (let times = 0; ; times += 1) {
    const free = await worker.attempt(freeBatch(workOf(lane), place));
    if (free.outcome === "done") rows += count(lane, free.row);
    const found = await worker.attempt<{ ctids: string[] }>(rowsLeft(workOf(lane), place), "unlimited");
    // A row whose value can't be computed is the next sweep's to find.
    if (free.outcome === "bad" || found.outcome === "bad") return rows;
    if (found.outcome === "done" && found.row.ctids.length === 0) return rows;
    let filled = 0;
    for (const ctid of found.outcome === "done" ? found.row.ctids : []) {
      worker.pacing.lookNext();
      const result = await worker.attempt(rowBatch(workOf(lane), ctid), "unlimited");
      if (result.outcome === "done") filled += count(lane, result.row);
      if (result.outcome === "bad") return rows + filled;
    }
    rows += filled;
    if (filled > 0) continue;
    if (times > 0) reportLocked(lane);
    await worker.giveWay(times);
  }
}

/** All else of the extent is done by now. */
function count(lane: Lane, row: BatchRow): number {
  advance(lane, 1, row);
  return Number(row.rows);
}

function rowsLeft(work: Work, place: string): string {
  const left = `SELECT ${ROW}.ctid FROM ONLY ${qualified(work.table)} AS ${ROW} WHERE ${place} AND ${needs(work)} LIMIT ${LEFT_AT_ONCE}`;
  return `SELECT ARRAY(SELECT ctid::text FROM (${left}) AS found) AS ctids`;
}
