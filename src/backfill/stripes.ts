/** The number of stripes of a sweep: one statement sees every row of its window. */
export const SWEEP = 1;

export const MOST_STRIPES = 16;

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
 * How many separately committed statements fill one window of a heap. Once a stripe is committed, pruning frees the
 * versions that it left, so that the next stripe's new versions fit on the same pages as HOT updates. More stripes
 * than a page has room for gain nothing and cost a scan each (measured: 4 at 8 rows a page, 8 at 16 to 40, 16 above).
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
 * How many rows of a page each stripe takes where stripes are found by an index. The first rows leave the page, and make room; each
 * stripe after it takes as many as that room holds, which gets less: a row that grew stays, with a pointer more. The more rows leave,
 * the fewer stripes; the cheapest of these is taken.
 */
export function stripeSizes(page: Page): readonly number[] {
  const { rows } = page;
  let best: readonly number[] = [rows];
  let least = Infinity;
  for (let leaving = 0; leaving <= rows; leaving += 1) {
    const sizes = sizesWith(leaving, rows, page);
    if (sizes === null) continue;
    const cost = costOf(sizes.length, leaving, page.indexes);
    if (cost < least) [best, least] = [sizes, cost];
  }
  return best;
}

/**
 * Microseconds a page, measured: a visit costs 3 and leads to pruning; a row that leaves costs 7 an index, more where its leaves get
 * full. What indexes grow by stays, so it weighs more than its time.
 */
function costOf(stripes: number, leaving: number, indexes: number): number {
  return 3 * stripes + leaving * (1 + 12 * indexes);
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

/**
 * Which remainders of a key that counts up each stripe takes: those of one stripe lie far apart, so that each page has its share of them.
 *
 * @param sizes how many rows of a page each stripe takes
 */
export function remaindersOf(sizes: readonly number[]): {
  readonly modulus: number;
  readonly remainders: readonly (readonly number[])[];
} {
  const modulus = sizes.reduce((sum, size) => sum + size, 0);
  let stride = Math.max(1, Math.round(modulus * 0.618));
  while (greatestCommonDivisor(stride, modulus) !== 1) stride += 1;
  let next = 0;
  return { modulus, remainders: sizes.map((size) => Array.from({ length: size }, () => (next++ * stride) % modulus)) };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
