import { ROW } from "../model/step.ts";
import { qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import type { Leaf } from "./leaves.ts";
import { rowKey } from "./row-key.ts";
import type { Tracker } from "./tracker.ts";
import { type Check, type CheckRow, checkStatement, wrongRows } from "./verify-sql.ts";
import type { Worker } from "./worker.ts";

/** What checks a leaf. */
export interface CheckLane {
  readonly worker: Worker;
  readonly tracker: Tracker;
  readonly leaf: Leaf;
  readonly check: Check;
}

/** What has been counted of a leaf. */
export interface LeafCount {
  readonly rows: number;
  readonly mismatches: number;
  readonly samples: readonly string[];
}

export const NOTHING: LeafCount = { rows: 0, mismatches: 0, samples: [] };

/** Samples that are kept; more would help nobody. */
const MOST_SAMPLES = 10;

/** Two counts as one. */
export function plus(a: LeafCount, b: LeafCount): LeafCount {
  return {
    rows: a.rows + b.rows,
    mismatches: a.mismatches + b.mismatches,
    samples: [...a.samples, ...b.samples].slice(0, MOST_SAMPLES),
  };
}

/** What a statement has counted at a place, with the keys of some wrong rows while fewer than enough are known. */
export async function counted(lane: CheckLane, row: CheckRow, place: string, known: number): Promise<LeafCount> {
  const count = { rows: Number(row.rows), mismatches: Number(row.mismatches) };
  const missing = Math.min(MOST_SAMPLES - known, count.mismatches);
  if (missing <= 0) return { ...count, samples: [] };
  // Another snapshot than the count's: on a live table a sample may have been mended, or fail, meanwhile.
  const found = await lane.worker.attempt<{ keys: string[] }>(
    `SELECT ARRAY(${wrongRows(lane.check, place, missing)}) AS keys`,
  );
  return { ...count, samples: found.outcome === "done" ? found.row.keys : [] };
}

/** Checks the rows of a place one by one, because the predicate fails for one of them: that one is wrong, too. */
export async function checkRows({ worker, check }: CheckLane, place: string): Promise<LeafCount> {
  const rows = await worker.ask<{ ctid: string; key: string }>(
    `SELECT ${ROW}.ctid::text AS ctid, ${rowKey(check.keyColumns)}::text AS key FROM ONLY ${qualified(check.table)} AS ${ROW} WHERE ${place}`,
  );
  let count = NOTHING;
  for (const { ctid, key } of rows) count = plus(count, await checkRow({ worker, check }, ctid, key));
  return count;
}

async function checkRow(
  { worker, check }: Pick<CheckLane, "worker" | "check">,
  ctid: string,
  key: string,
): Promise<LeafCount> {
  const statement = checkStatement(check, `${ROW}.ctid = ${literal(ctid)}::tid`);
  for (let times = 0; ; times += 1) {
    const result = await worker.attempt<CheckRow>(statement, "unlimited");
    switch (result.outcome) {
      case "done": {
        const mismatches = Number(result.row.mismatches);
        return { rows: Number(result.row.rows), mismatches, samples: mismatches > 0 ? [key] : [] };
      }
      case "bad":
        return { rows: 1, mismatches: 1, samples: [`${key}: ${result.error.message}`] };
      case "locked":
      case "slow":
        await worker.giveWay(times);
        break;
      default:
        result satisfies never;
    }
  }
}
