import { ROW, type Verification } from "../model/step.ts";
import { qualified } from "../sql/identifier.ts";
import type { FillContext } from "./context.ts";
import { keyList, keyValues } from "./key-range.ts";
import { readTree } from "./leaves.ts";
import { withReaders } from "./readers.ts";
import { isKey } from "./row-key.ts";

/** Names a row that a trigger has put aside. */
export interface AsideRow {
  readonly id: string;
  /** JSON text: the primary key; something else in a table without one. */
  readonly key: string;
  readonly columns: readonly string[];
}

/**
 * The ids of those rows that lack a value which is derived together with others, though there is one: a trigger could not derive it when the
 * row was written. The consistency pass lets such a row pass where the way back does not read that value. A row that its key does not name
 * counts as lacking one while any row of the table does.
 *
 * @throws what runVerification() throws
 */
export async function stillLacking(
  context: FillContext,
  verification: Verification,
  rows: readonly AsideRow[],
): Promise<ReadonlySet<string>> {
  const { lacking, table } = verification;
  const found = new Set<string>();
  if (lacking === undefined || rows.length === 0) return found;
  return await withReaders(context, verification, async ([worker]) => {
    const { primaryKey } = await readTree(table, (sql, values) => worker.ask(sql, values));
    for (const row of rows) {
      const place = isKey(row.columns, primaryKey)
        ? `(${keyList(primaryKey)}) = (${keyValues(table, primaryKey, row.key)})`
        : "true";
      const sql = `SELECT EXISTS (SELECT FROM ${qualified(table)} AS ${ROW} WHERE ${place} AND (${lacking})) AS lacking`;
      const result = await worker.insist<{ lacking: boolean }>(sql);
      // Where the expression fails it can't be told.
      if (result.outcome === "bad" || result.row.lacking) found.add(row.id);
    }
    return found;
  });
}
