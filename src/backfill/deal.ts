import { ROW } from "../model/step.ts";
import { qualified } from "../sql/identifier.ts";
import { inRange, stripeOf } from "./batch-sql.ts";
import type { Leaf } from "./leaves.ts";
import { MOST_STRIPES } from "./stripes.ts";

const SAMPLES = 8;
const BLOCKS_A_SAMPLE = 4;

/**
 * The column whose low bits deal a leaf's rows to stripes most evenly, page by page; null where none does it better than a hash of
 * the rows' places. Where a stripe has more rows of a page than the one before has left room for, they go to other pages. A key that
 * counts up along the table gives each stripe the same number of rows, a hash gives some of them twice as many.
 *
 * It is a choice of speed alone: a row that a change of it leaves out of a window's stripes is found by the sweep.
 */
export async function chooseDeal(
  leaf: Pick<Leaf, "table" | "blocks" | "method" | "integerKeys">,
  ask: (sql: string) => Promise<Record<string, number | null>[]>,
): Promise<string | null> {
  if (leaf.method === "key" || leaf.integerKeys.length === 0 || leaf.blocks === 0) return null;
  const [found] = await ask(sample(leaf));
  const most = [null, ...leaf.integerKeys].map((by, index) => ({ by, rows: found?.[`most_${index}`] ?? Infinity }));
  return most.reduce((best, other) => (other.rows < best.rows ? other : best)).by;
}

/** For each way to deal, `most_<n>`: how many rows of a page its largest stripe has, on average over pages all along the table. */
function sample({ table, blocks, integerKeys }: Pick<Leaf, "table" | "blocks" | "integerKeys">): string {
  const deals = [null, ...integerKeys].map((by) => stripeOf(by, MOST_STRIPES));
  const starts = [...new Set(Array.from({ length: SAMPLES }, (_, n) => Math.floor((blocks * n) / SAMPLES)))];
  const rows = starts.map(
    (from) =>
      `SELECT (${ROW}.ctid::text::point)[0] AS page, ${deals.map((deal, n) => `${deal} AS deal_${n}`).join(", ")} ` +
      `FROM ONLY ${qualified(table)} AS ${ROW} WHERE ${inRange({ from, to: Math.min(blocks, from + BLOCKS_A_SAMPLE) })}`,
  );
  const most = deals.map((_, n) => {
    const stripe = `SELECT page, count(*) AS rows FROM sample GROUP BY page, deal_${n}`;
    return `(SELECT avg(rows)::float8 FROM (SELECT max(rows) AS rows FROM (${stripe}) AS s GROUP BY page) AS p) AS most_${n}`;
  });
  return `WITH sample AS MATERIALIZED (${rows.join(" UNION ALL ")}) SELECT ${most.join(", ")}`;
}
