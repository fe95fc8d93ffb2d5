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

/** Bytes of a page without its header; the most line pointers it may have, and the bytes of one; what values are aligned to. */
const PAGE_BYTES = 8_168;
const MOST_POINTERS = 291;
const POINTER = 4;
const ALIGNED = 8;

/** What a stripe takes of a page: so many rows, of which some leave it. */
export interface Share {
  readonly rows: number;
  readonly leaving: number;
}

/** No stripe waits for room for more rows than these. */
const MOST_AWAITED = 8;

/**
 * What each stripe takes of a page. Once a stripe is committed, pruning frees the versions that it left, so that the next stripe's
 * new versions fit on the same page as HOT updates. Some rows leave the page, and make room; each stripe after them takes as many as that
 * room holds, which gets less, as a row that grew stays, with a pointer more, until further rows leave. The more rows leave, the fewer
 * stripes; the cheapest of these is taken.
 */
export function sharesOf(page: Page): readonly Share[] {
  let best: readonly Share[] = [{ rows: page.rows, leaving: page.rows }];
  let least = Infinity;
  for (let leaving = 0; leaving <= page.rows; leaving += 1) {
    for (let awaited = 1; awaited <= MOST_AWAITED; awaited += 1) {
      const shares = sharesWith(leaving, awaited, page);
      const cost = shares === null ? Infinity : costOf(shares, page);
      if (shares !== null && cost < least) [best, least] = [shares, cost];
    }
  }
  return best;
}

/** The share of entries that the leaves of an index have room for, as it is built. */
const ROOM_OF_LEAVES = 0.11;
/** Of the leaves that are full so many split, however few rows leave at once: the dead entries of a random key are hard to find. */
const STILL_SPLIT = 0.3;

/**
 * Microseconds a page, measured: a visit looks at all its rows, and leads to pruning; a row that leaves costs 7 an index, and 20 once its
 * leaves are full and split. What the table and its indexes grow by stays, so it weighs more than its time. Full leaves are rid of dead entries
 * first: of those of the stripes before, not of the stripe's own (20 of 119 rows: indexes grew to 1.96 times their size if they left at
 * once, to 1.64 in two parts, to 1.15 in four).
 */
function costOf(shares: readonly Share[], { indexes, rows }: Page): number {
  const leaving = shares.reduce((sum, share) => sum + share.leaving, 0);
  const atOnce = Math.max(...shares.map((share) => share.leaving));
  const room = ROOM_OF_LEAVES * rows;
  const splitting = Math.max(0, leaving - room) * Math.min(1, Math.max(STILL_SPLIT, atOnce / room));
  return (3 + 0.06 * rows) * shares.length + 8 * leaving + indexes * (12 * leaving + 25 * splitting);
}

/**
 * @param leaving how many rows leave each time
 * @param awaited that is when there is room for fewer rows than these
 * @returns null if so few rows do not make room for one
 */
function sharesWith(leaving: number, awaited: number, { rows, fillfactor, growth }: Page): readonly Share[] | null {
  // Of what rows there may be so many of on a page the smallest: where it holds less, a row more leaves, and makes room.
  const size = Math.floor(((PAGE_BYTES * fillfactor) / 100 / rows - POINTER) / ALIGNED) * ALIGNED;
  const grown = size + Math.ceil(growth / ALIGNED) * ALIGNED + POINTER;
  let free = PAGE_BYTES - rows * (size + POINTER);
  // A row that stays takes a second one: the first leads to it.
  let pointers = MOST_POINTERS - rows;
  const shares: Share[] = [];
  for (let left = rows; left > 0;) {
    const fit = Math.max(0, Math.min(pointers, Math.floor(free / grown)));
    const isRoom = fit >= Math.min(awaited, left);
    // Without a pointer no more stay, however many leave.
    const taken = pointers < 1 ? left : Math.min(left, isRoom ? fit : fit + leaving);
    if (taken < 1) return null;
    const staying = Math.min(taken, fit);
    shares.push({ rows: taken, leaving: taken - staying });
    left -= taken;
    pointers -= staying;
    free += taken * size - staying * grown;
  }
  return shares;
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
