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
 * @param sizes how many rows of a page each stripe takes; those of the first leave it
 * @param turns of TURNS
 * @returns powers of two, so many at least
 */
export function piecesOf(sizes: readonly number[], turns: number): readonly number[] {
  // What visiting a page costs comes to about a row.
  const costs = sizes.map((size, n) => (n === 0 ? LEAVING * size : size) + 1);
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

/** A page of a heap as most of them are, and what a fill makes of its rows. */
export interface Page {
  readonly rows: number;
  /** Percent. */
  readonly fillfactor: number;
  /** Bytes that a row grows by. */
  readonly growth: number;
  /** Indexes of the table. */
  readonly indexes: number;
}

/** Bytes of a page without its header; of a line pointer; what values are aligned to. */
const PAGE_BYTES = 8_168;
const POINTER = 4;
const ALIGNED = 8;

/**
 * How many rows of a page each stripe takes. Once a stripe is committed, pruning frees the versions that it left, so that the next
 * stripe's new versions fit on the same page as HOT updates. The first rows leave the page, and make room; each stripe after it takes as
 * many as that room holds, which gets less: a row that grew stays, with a pointer more. The more rows leave, the fewer stripes; the
 * cheapest of these is taken.
 */
export function stripeSizes(page: Page): readonly number[] {
  const { rows } = page;
  let best: readonly number[] = [rows];
  let least = Infinity;
  for (let leaving = 0; leaving <= rows; leaving += 1) {
    const sizes = sizesWith(leaving, rows, page);
    if (sizes === null) continue;
    const cost = costOf(sizes.length, leaving, page);
    if (cost < least) [best, least] = [sizes, cost];
  }
  return best;
}

/** The share of entries that the leaves of an index have room for, as it is built. */
const ROOM_OF_LEAVES = 0.11;

/**
 * Microseconds a page, measured: a visit looks at all its rows, and leads to pruning; a row that leaves costs 7 an index, and 20 once its
 * leaves are full and split. What indexes grow by stays, so it weighs more than its time.
 */
function costOf(stripes: number, leaving: number, { indexes, rows }: Page): number {
  const splitting = Math.max(0, leaving - ROOM_OF_LEAVES * rows);
  return (3 + 0.06 * rows) * stripes + leaving + indexes * (12 * leaving + 25 * splitting);
}

/** Null if so few rows do not make room for one. */
function sizesWith(leaving: number, rows: number, { fillfactor, growth }: Page): readonly number[] | null {
  // Of what rows there may be so many of on a page the smallest: where it holds less, a row more leaves, and makes room.
  const size = Math.floor(((PAGE_BYTES * fillfactor) / 100 / rows - POINTER) / ALIGNED) * ALIGNED;
  const grown = size + Math.ceil(growth / ALIGNED) * ALIGNED + POINTER;
  let free = PAGE_BYTES - rows * (size + POINTER) + leaving * size;
  const sizes = leaving > 0 ? [leaving] : [];
  for (let left = rows - leaving; left > 0;) {
    const next = Math.min(left, Math.floor(free / grown));
    if (next < 1) return null;
    sizes.push(next);
    left -= next;
    free -= next * (grown - size);
  }
  return sizes;
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
 * @param sizes how many rows of a page each stripe takes
 * @param pointers how many line pointers a page has
 * @returns none of them empty
 */
export function stripesOf(sizes: readonly number[], pointers: number): readonly Stripe[] {
  const rows = sizes.reduce((sum, size) => sum + size, 0);
  const isDense = pointers < DENSE * rows;
  const places = isDense ? Math.round(rows) : pointers;
  const apart = strideOf(places);
  let taken = 0;
  const ends = sizes.map((size) => Math.round(((taken += size) * places) / rows));
  const stripes = sizes.map((): number[] => []);
  for (let pointer = 0; pointer < Math.max(places, pointers); pointer += 1) {
    const place = isDense && pointer < places ? pointer : (pointer * apart) % places;
    stripes[ends.findIndex((end) => place < end)]?.push(pointer + 1);
  }
  return stripes.filter(({ length }) => length > 0);
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
