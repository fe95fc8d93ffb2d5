import type { RelationName } from "../model/relation.ts";
import { literal } from "../sql/literal.ts";
import { keyedRowBatch, rowBatch, type Work } from "./batch-sql.ts";
import { fenced } from "./fence.ts";
import type { Worker } from "./worker.ts";

interface OpenRow {
  readonly id: string;
  readonly key: string;
  readonly columns: string[];
  readonly ctid: string | null;
}

/**
 * Tries every open row that is filed under a table once more, after the sweep; what is filled now, or needs no fill
 * any longer, is settled.
 */
export async function retryQuarantined(worker: Worker, work: Work, filedUnder: RelationName): Promise<void> {
  const { context, step } = worker;
  const open = await worker.ask<OpenRow>(
    `SELECT id, row_key::text AS key, ARRAY(SELECT jsonb_object_keys(row_key)) AS columns, row_key ->> 'ctid' AS ctid
       FROM segue.quarantine
      WHERE rollout = $1 AND step IN ($2, '') AND schema_name = $3 AND table_name = $4 AND state = 'open' ORDER BY id`,
    [context.rollout, step.id, filedUnder.schema, filedUnder.name],
  );
  for (const row of open) {
    const sql = retryOf(work, row);
    // A trigger that knew no key: the sweep before this has filled that row, or filed it by its place.
    if (sql !== null && !(await settles(worker, sql, row.id))) continue;
    await worker.commit(
      fenced(context, `UPDATE segue.quarantine SET state = 'settled' WHERE id = ${row.id} AND state = 'open'`),
    );
  }
}

function retryOf(work: Work, row: OpenRow): string | null {
  if (work.keyColumns.length === 0)
    return row.columns.length === 1 && row.ctid !== null ? rowBatch(work, row.ctid) : null;
  const named =
    row.columns.length === work.keyColumns.length && row.columns.every((name) => work.keyColumns.includes(name));
  return named ? keyedRowBatch(work, row.key) : null;
}

async function settles(worker: Worker, sql: string, id: string): Promise<boolean> {
  for (let times = 0; ; times += 1) {
    const result = await worker.attempt(sql, "unlimited");
    if (result.outcome === "done") return true;
    if (result.outcome === "bad") {
      const { message } = result.error;
      const update = `UPDATE segue.quarantine SET error = ${literal(message)}, sqlstate = ${literal(result.sqlstate)} WHERE id = ${id}`;
      await worker.commit(fenced(worker.context, update));
      return false;
    }
    await worker.giveWay(times);
  }
}
