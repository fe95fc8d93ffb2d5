import type { Share } from "./page-shares.ts";
import type { Stripe } from "./stripe-sql.ts";

/** The number of stripes of a sweep: one statement sees every row of its window. */
export const SWEEP = 1;

const MOST_STRIPES = 16;

/**
 * A window is filled in parts that take turns, stripe by stripe. While the others are filled, the transactions that saw the last stripe
 * of a part come to their end, and what it left can be pruned by the next. Of a worker's own, two parts are enough; another worker's
 * batches last as long as its own, and longer (measured, two workers: with 2 parts 0.875 of the updates were HOT, with 4 0.90).
 */
export const TURNS = { alone: 2, shared: 4 } as const;

/** The most pieces that a window is filled in for one stripe. */
export const MOST_PIECES = 16;

/** A row that leaves its page writes to all indexes: it costs so many times what another one costs. */
const LEAVING = 6;

/**
 * Into how many pieces the window is cut for each stripe, so that all statements take about as long: clients may wait for the longest
 * one, and each costs a round trip, a fence and a commit.
 *
 * @param turns of TURNS
 * @returns powers of two, so many at least
 */
export function piecesOf(shares: readonly Share[], turns: number): readonly number[] {
  // What visiting a page costs comes to about a row.
  const costs = shares.map(({ rows, leaving }) => rows + (LEAVING - 1) * leaving + 1);
  const middle = costs.toSorted((a, b) => a - b)[Math.floor(costs.length / 2)] ?? 1;
  return costs.map((cost) => Math.min(MOST_PIECES, Math.max(turns, turns * 2 ** Math.round(Math.log2(cost / middle)))));
}

/**
 * In how many stripes of one size the rows are visited that a list names: of the table that they are of, where they lie in the same
 * order, each page gets its share (measured: 4 at 8 rows a page, 8 at 16 to 40, 16 above).
 *
 * @param rowsPerPage live rows on an average page
 * @returns a power of two, 2 at least: 1 stands for a sweep in the journal
 */
export function stripesFor(rowsPerPage: number): number {
  if (rowsPerPage < 4) return 2;
  if (rowsPerPage <= 12) return 4;
  if (rowsPerPage <= 40) return 8;
  return MOST_STRIPES;
}

/** Pages with so many times more line pointers than rows have gaps all over. */
const DENSE = 1.2;

/**
 * Deals the line pointers of a page to stripes.
 *
 * On a page without gaps each stripe gets the next ones: where larger rows leave a page fewer of them, only the last stripes go
 * short, and where smaller ones give it more, each stripe gets a share of these. With gaps, those of one stripe lie far apart, so that
 * each stripe gets its share of what is there.
 *
 * @param shares what each stripe takes of a page
 * @param pointers how many line pointers a page has
 * @returns for each share; without any where it comes to less than one
 */
export function stripesOf(shares: readonly Pick<Share, "rows">[], pointers: number): readonly Stripe[] {
  const rows = shares.reduce((sum, share) => sum + share.rows, 0);
  const isDense = pointers < DENSE * rows;
  const places = isDense ? Math.round(rows) : pointers;
  const apart = strideOf(places);
  let taken = 0;
  const ends = shares.map((share) => Math.round(((taken += share.rows) * places) / rows));
  const stripes = shares.map((): number[] => []);
  for (let pointer = 0; pointer < Math.max(places, pointers); pointer += 1) {
    const place = isDense && pointer < places ? pointer : (pointer * apart) % places;
    stripes[ends.findIndex((end) => place < end)]?.push(pointer + 1);
  }
  return stripes;
}

/** About the golden section of a number, and relatively prime to it: its multiples go far apart through all the rests. */
function strideOf(modulus: number): number {
  let stride = Math.max(1, Math.round(modulus * 0.618));
  while (greatestCommonDivisor(stride, modulus) !== 1) stride += 1;
  return stride;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
