import type { RelationName } from "../model/relation.ts";
import { ROW } from "../model/step.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { type BlockRange, inRange, type Stripe } from "./batch-sql.ts";
import type { Deal } from "./deal.ts";
import { MOST_PIECES, piecesOf } from "./stripes.ts";

/** Blocks [from, to). */
type Blocks = Pick<BlockRange, "from" | "to">;

/** A window of blocks, and the statements that fill it, which commit apart. */
export interface Window extends Blocks {
  readonly steps: readonly WindowStep[];
}

interface WindowStep extends Blocks {
  readonly stripe: Stripe | null;
  /** True for the stripe whose rows leave their pages. */
  readonly makesRoom: boolean;
}

/** What a table is dealt by when all of a window is filled in one statement. */
export const PLAIN = "plain";

/**
 * Deals the rows of a window. A key that counts up along the table may not do so here, where rows of elsewhere have filled free room.
 *
 * @param stripes how many there are where rows are not found by a key; a power of two
 */
export async function dealWindow(
  table: RelationName,
  blocks: Blocks,
  deal: Pick<Deal, "by" | "rowsPerPage" | "counting" | "turns"> | typeof PLAIN,
  stripes: number,
  ask: (sql: string) => Promise<Bounds[]>,
): Promise<Window> {
  if (deal === PLAIN) return { ...blocks, steps: [{ ...blocks, stripe: null, makesRoom: false }] };
  const { by, rowsPerPage, counting, turns } = deal;
  const pieces = cut(blocks, MOST_PIECES);
  const runs = counting === null ? null : await runsOf(table, pieces, counting.column, ask);
  if (counting === null || runs === null) {
    const stripe = (n: number): Stripe => ({ where: `${maskOf(by, stripes)} = ${n}`, indexed: false });
    const even = Array.from({ length: stripes }, () => rowsPerPage / stripes);
    return { ...blocks, steps: inTurn(blocks, even, turns, (_, n) => stripe(n)) };
  }
  const { column, sizes } = counting;
  const residues = residuesOf(sizes);
  const found = (part: Blocks, n: number): Stripe => {
    const run = joined(runs.filter((_, piece) => isIn(part, pieces[piece])));
    return { where: isOneOf(column, residues[n] ?? [], rowsOf(sizes), run), indexed: true };
  };
  return { ...blocks, steps: inTurn(blocks, sizes, turns, found) };
}

/** Stripe by stripe, and for each the pieces of the window in turn. */
function inTurn(
  blocks: Blocks,
  sizes: readonly number[],
  turns: number,
  stripeOf: (part: Blocks, n: number) => Stripe,
): readonly WindowStep[] {
  return piecesOf(sizes, turns).flatMap((pieces, n) =>
    cut(blocks, pieces).map((part) => ({ ...part, stripe: stripeOf(part, n), makesRoom: n === 0 })),
  );
}

/** So many parts of a window; fewer where it has fewer blocks. Larger ones consist of whole smaller ones. */
function cut({ from, to }: Blocks, parts: number): readonly Blocks[] {
  const piece = Math.ceil((to - from) / MOST_PIECES);
  const length = (piece * MOST_PIECES) / parts;
  return Array.from({ length: parts }, (_, n) => ({
    from: Math.min(to, from + n * length),
    to: Math.min(to, from + (n + 1) * length),
  })).filter((part) => part.from < part.to);
}

const isIn = (part: Blocks, piece: Blocks | undefined): boolean =>
  piece !== undefined && piece.from >= part.from && piece.to <= part.to;

/** The number, as SQL, of the stripe that a row belongs to. */
export function maskOf(by: string | null, stripes: number): string {
  const number = by === null ? `hashtid(${ROW}.ctid)` : `${ROW}.${ident(by)}`;
  return `(${number} & ${stripes - 1})`;
}

/** Keys from the first to the last of them, most of which are there. */
interface Run {
  readonly first: bigint;
  readonly last: bigint;
}

const NOTHING: Run = { first: 1n, last: 0n };

interface Bounds {
  readonly rows: string;
  readonly first: string | null;
  readonly last: string | null;
  readonly most: readonly (string | null)[] | null;
}

/** Of 100 rows so many on either side may be of elsewhere: the sweep fills them. */
const STRANGERS = 2;

/** Null if the keys of some part do not count up. */
async function runsOf(
  table: RelationName,
  parts: readonly Blocks[],
  column: string,
  ask: (sql: string) => Promise<Bounds[]>,
): Promise<readonly Run[] | null> {
  const key = `${ROW}.${ident(column)}`;
  const most = `percentile_disc(ARRAY[${STRANGERS / 100}, ${1 - STRANGERS / 100}]) WITHIN GROUP (ORDER BY ${key})`;
  const bounds = parts.map(
    (part, n) =>
      `SELECT ${n} AS part, count(*)::text AS rows, min(${key})::text AS first, max(${key})::text AS last, (${most})::text[] AS most ` +
      `FROM ONLY ${qualified(table)} AS ${ROW} WHERE ${inRange(part)}`,
  );
  const runs = (await ask(`${bounds.join(" UNION ALL ")} ORDER BY part`)).map(runOf);
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
function joined(runs: readonly Run[]): Run {
  const some = runs.filter((run) => run.first <= run.last);
  const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
  const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
  return some.reduce(
    (all, run) => (all.first > all.last ? run : { first: least(all.first, run.first), last: most(all.last, run.last) }),
    NOTHING,
  );
}

const rowsOf = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0);

/** Which remainders of the key each stripe takes: those of one stripe lie far apart, so that each page has its share of them. */
function residuesOf(sizes: readonly number[]): readonly (readonly number[])[] {
  const rows = rowsOf(sizes);
  let stride = Math.max(1, Math.round(rows * 0.618));
  while (greatestCommonDivisor(stride, rows) !== 1) stride += 1;
  let next = 0;
  return sizes.map((size) => Array.from({ length: size }, () => (next++ * stride) % rows));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/**
 * True, as SQL, for the keys of a run with one of these remainders. As two lists, because an OR of them is answered by a bitmap of the
 * index's entries: each page is visited once, and of it these rows alone. The statistics say nothing of what a subquery comes to.
 */
function isOneOf(column: string, residues: readonly number[], modulus: number, { first, last }: Run): string {
  const middle = (first + last) / 2n;
  const list = (from: bigint, to: bigint): string => {
    const series = residues.map((residue) => {
      const ahead = (((BigInt(residue) - from) % BigInt(modulus)) + BigInt(modulus)) % BigInt(modulus);
      return `SELECT generate_series(${from + ahead}::bigint, ${to}::bigint, ${modulus})`;
    });
    return `${ROW}.${ident(column)} = ANY (ARRAY(${series.join(" UNION ALL ")}))`;
  };
  return `(${list(first, middle)} OR ${list(middle + 1n, last)})`;
}
