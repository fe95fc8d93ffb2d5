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

export const MOST_STRIPES = 16;

/** The number of stripes of a sweep: one statement sees every row of its window. */
export const SWEEP = 1;
