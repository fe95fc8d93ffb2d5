import { ROW } from "../model/step.ts";
import { qualified } from "../sql/identifier.ts";
import { type BlockRange, rowBatch, wantedOf, type Work } from "./batch-sql.ts";
import { advance, type Lane, shareOf, workOf } from "./lane.ts";
import { rowKey } from "./row-key.ts";

type PageResult =
  | { readonly result: "complete"; readonly rows: number; readonly passedOver: boolean }
  | { readonly result: "rewritten" };

/**
 * Fills one stripe of a page row by row, each in a transaction of its own, because a statement over the page fails. A
 * row that fails by itself is put aside; one that is locked is passed over.
 *
 * @throws SegueError SEG0404 if more rows are put aside than the limit
 */
export async function fillPage(lane: Lane, range: BlockRange): Promise<PageResult> {
  const { worker, quarantine, extent } = lane;
  let rows = 0;
  let passedOver = false;
  for (const { ctid, key } of await worker.ask<{ ctid: string; key: string }>(pageRows(workOf(lane), range))) {
    const result = await worker.attempt(rowBatch(workOf(lane), ctid), "unlimited");
    switch (result.outcome) {
      case "done":
        rows += Number(result.row.rows);
        advance(lane, shareOf(extent, range.from), result.row);
        if (Number(result.row.relfilenode) !== extent.relfilenode) return { result: "rewritten" };
        break;
      case "bad":
        await quarantine.add({ key, error: result.error, sqlstate: result.sqlstate });
        break;
      case "locked":
      case "slow":
        passedOver = true;
        break;
      default:
        result satisfies never;
    }
  }
  return { result: "complete", rows, passedOver };
}

/** The rows of a range that are not put aside, whether they need the fill or not: asking might be what fails. */
function pageRows(work: Work, range: BlockRange): string {
  const any: Work = { ...work, step: { set: [], where: "true" } };
  return (
    `SELECT ${ROW}.ctid::text AS ctid, ${rowKey(work.keyColumns)}::text AS key ` +
    `FROM ONLY ${qualified(work.table)} AS ${ROW} WHERE ${wantedOf(any, range)}`
  );
}
