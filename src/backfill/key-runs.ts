import type { RelationName } from "../model/relation.ts";
import { ROW } from "../model/step.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { type Blocks, inRange } from "./stripe-sql.ts";

/** Keys from the first to the last of them, most of which are there. */
export interface Run {
  readonly first: bigint;
  readonly last: bigint;
}

const NOTHING: Run = { first: 1n, last: 0n };

/** The first row of a query; null if it could not be asked in the time of a batch. */
export type AskBounds = (sql: string) => Promise<{ readonly parts: readonly Bounds[] } | null>;

interface Bounds {
  readonly rows: string;
  readonly first: string | null;
  readonly last: string | null;
  readonly most: readonly (string | null)[] | null;
}

/** Of 100 rows so many on either side may be of elsewhere: the sweep fills them. */
const STRANGERS = 2;

/** Null if the keys of some part do not count up, or if that can't be told. */
export async function runsOf(
  table: RelationName,
  parts: readonly Blocks[],
  column: string,
  ask: AskBounds,
): Promise<readonly Run[] | null> {
  const key = `${ROW}.${ident(column)}`;
  const most = `percentile_disc(ARRAY[${STRANGERS / 100}, ${1 - STRANGERS / 100}]) WITHIN GROUP (ORDER BY ${key})`;
  const bounds = parts.map(
    (part, n) =>
      `SELECT ${n} AS part, count(*)::text AS rows, min(${key})::text AS first, max(${key})::text AS last, (${most})::text[] AS most ` +
      `FROM ONLY ${qualified(table)} AS ${ROW} WHERE ${inRange(part)}`,
  );
  const found = await ask(`SELECT json_agg(p ORDER BY part) AS parts FROM (${bounds.join(" UNION ALL ")}) AS p`);
  const runs = found?.parts.map(runOf) ?? [null];
  return runs.every((run) => run !== null) ? runs : null;
}

function runOf({ rows, first, last, most }: Bounds): Run | null {
  const [low = null, high = null] = most ?? [];
  for (const [from, to] of [
    [first, last],
    [low, high],
  ]) {
    if (from === null || to === null || from === undefined || to === undefined) return NOTHING;
    const run = { first: BigInt(from), last: BigInt(to) };
    const span = run.last - run.first + 1n;
    // Too many of them are not there, or there too often.
    if (span <= 2n * BigInt(rows) && 2n * span > BigInt(rows)) return run;
  }
  return null;
}

/** The pieces of a window come one after the other, and so do their keys. */
export function joined(runs: readonly Run[]): Run {
  const some = runs.filter((run) => run.first <= run.last);
  const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
  const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
  return some.reduce(
    (all, run) => (all.first > all.last ? run : { first: least(all.first, run.first), last: most(all.last, run.last) }),
    NOTHING,
  );
}

/**
 * True, as SQL, for the keys of a run with one of these remainders. As two lists, because an OR of them is answered by a bitmap of the
 * index's entries: each page is visited once, and of it these rows alone. The statistics say nothing of what a subquery comes to.
 */
export function isOneOf(column: string, remainders: readonly number[], modulus: number, { first, last }: Run): string {
  const middle = (first + last) / 2n;
  const list = (from: bigint, to: bigint): string => {
    const series = remainders.map((remainder) => {
      const ahead = (((BigInt(remainder) - from) % BigInt(modulus)) + BigInt(modulus)) % BigInt(modulus);
      return `SELECT generate_series(${from + ahead}::bigint, ${to}::bigint, ${modulus})`;
    });
    return `${ROW}.${ident(column)} = ANY (ARRAY(${series.join(" UNION ALL ")}))`;
  };
  return `(${list(first, middle)} OR ${list(middle + 1n, last)})`;
}
