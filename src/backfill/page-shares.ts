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

/** A little less than the tenth that the leaves of an index have free, as it is built: they do not fill evenly. */
const ROOM_OF_LEAVES = 0.095;
/** A weight: of full leaves some split however few rows leave at once, as the dead entries of a random key are hard to find. */
const STILL_SPLIT = 0.3;

/**
 * Microseconds a page, measured: a visit looks at all its rows, and leads to pruning; a row that leaves costs 7 an index, more once its
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
