import fc from "fast-check";
import { expect, test } from "vitest";
import { type Page, type Share, sharesOf } from "../../../src/backfill/page-shares.ts";
import { MOST_PIECES, piecesOf, stripesFor, stripesOf, SWEEP, TURNS } from "../../../src/backfill/stripes.ts";

test.each([
  [0, 2],
  [3.9, 2],
  [8, 4],
  [16, 8],
  [32, 8],
  [55, 16],
  [115, 16],
  [290, 16],
])("%s rows a page are filled in %s stripes", (rowsPerPage, stripes) => {
  expect(stripesFor(rowsPerPage)).toBe(stripes);
});

test("a fill never has the number of stripes that stands for a sweep", () => {
  expect(stripesFor(0)).not.toBe(SWEEP);
});

const page: Page = { rows: 55, fillfactor: 100, growth: 8, indexes: 3 };

const text = (shares: readonly Share[]): string =>
  shares.map(({ rows, leaving }) => (leaving > 0 ? `${rows}-${leaving}` : `${rows}`)).join(" ");

test("a stripe takes as many rows as there is room for, which gets less", () => {
  // 55 rows of 144 bytes, to be 152: five leave, 28 + 5 * 144 bytes are free. Four take 4 * 156 of them, and leave 4 * 144.
  expect(text(sharesOf(page))).toBe(`5-5 4 4 4 3 3 3 3 2 2 2 2 2 2 2${" 1".repeat(12)}`);
  expect(text(sharesOf({ ...page, indexes: 1 }))).toBe("6-6 5 5 4 4 4 4 3 3 3 3 2 2 2 2 2 1");
});

test("the more indexes there are, the fewer rows leave, in more stripes", () => {
  const leaving = (indexes: number): number =>
    sharesOf({ ...page, indexes }).reduce((sum, share) => sum + share.leaving, 0);
  expect([0, 1, 3].map(leaving)).toEqual([8, 6, 5]);
  expect(sharesOf(page).length).toBeGreaterThan(sharesOf({ ...page, indexes: 1 }).length);
});

test("where more rows have to leave than the leaves of indexes have room for, they do so a few at a time", () => {
  const shares = sharesOf({ ...page, rows: 119 });
  const leaving = shares.reduce((sum, share) => sum + share.leaving, 0);
  expect(leaving).toBeGreaterThan(13);
  expect(leaving).toBeLessThan(24);
  expect(Math.max(...shares.map((share) => share.leaving))).toBeLessThan(7);
});

test("where a fillfactor has left room, none needs to leave", () => {
  // A tenth of the page, 817 bytes and what 49 rows leave of the rest, holds five of 156.
  expect(text(sharesOf({ ...page, rows: 49, fillfactor: 90 }))).toMatch(/^5 5 5 4[ \d]*$/);
});

test("rows stay as far as there are line pointers: each that does takes a second one", () => {
  const shares = sharesOf({ ...page, rows: 226 });
  expect(shares.reduce((sum, { rows, leaving }) => sum + rows - leaving, 0)).toBeLessThanOrEqual(291 - 226);
});

const pages = fc.record({
  rows: fc.integer({ min: 1, max: 290 }),
  fillfactor: fc.integer({ min: 10, max: 100 }),
  growth: fc.integer({ min: 0, max: 2_000 }),
  indexes: fc.integer({ min: 0, max: 12 }),
});

test("whatever the page, each row of it is in one stripe, and never more leave than there are", () => {
  fc.assert(
    fc.property(pages, (any) => {
      const shares = sharesOf(any);
      expect(shares.reduce((sum, { rows }) => sum + rows, 0)).toBe(any.rows);
      for (const { rows, leaving } of shares) {
        expect(rows).toBeGreaterThan(0);
        expect(leaving).toBeGreaterThanOrEqual(0);
        expect(leaving).toBeLessThanOrEqual(rows);
      }
    }),
  );
});

test("a stripe that costs more is filled in more pieces, each of which is a whole part of a larger one", () => {
  const shares = [6, 5, 5, 4, 4, 3, 3, 2, 2, 1].map((rows, n) => ({ rows, leaving: n === 0 ? rows : 0 }));
  expect(piecesOf(shares, 2)).toEqual([16, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
  expect(piecesOf(shares, 4)).toEqual([16, 4, 4, 4, 4, 4, 4, 4, 4, 4]);
  fc.assert(
    fc.property(pages, fc.constantFrom(TURNS.alone, TURNS.shared), (any, turns) => {
      for (const pieces of piecesOf(sharesOf(any), turns)) {
        expect(pieces).toBeGreaterThanOrEqual(turns);
        expect(MOST_PIECES % pieces).toBe(0);
      }
    }),
  );
});

const dealt = (sizes: readonly number[], pointers: number) =>
  stripesOf(
    sizes.map((rows) => ({ rows })),
    pointers,
  );

test("on a page without gaps each stripe has as many line pointers as it is to take rows, and the last ones go short", () => {
  expect(dealt([3, 2, 1], 6)).toEqual([[1, 2, 3], [4, 5], [6]]);
  expect(dealt([3, 2, 1], 3)).toEqual([[1, 2, 3], [4, 5], [6]]);
});

test("what fuller pages have more is shared out", () => {
  expect(dealt([20, 20, 10], 55).map((stripe) => stripe.length)).toEqual([22, 22, 11]);
});

test("on a page with gaps the line pointers of a stripe lie far apart", () => {
  for (const stripe of dealt([25, 25], 100)) {
    expect(stripe).toHaveLength(50);
    const low = stripe.filter((pointer) => pointer <= 50).length;
    expect(low).toBeGreaterThan(20);
    expect(low).toBeLessThan(30);
  }
});

test("whatever the page, each of its line pointers is in one stripe", () => {
  fc.assert(
    fc.property(pages, fc.integer({ min: 1, max: 291 }), fc.boolean(), (any, pointers, even) => {
      const sizes = even
        ? Array.from({ length: stripesFor(any.rows) }, () => any.rows / stripesFor(any.rows))
        : sharesOf(any).map(({ rows }) => rows);
      const all = dealt(sizes, pointers)
        .flat()
        .toSorted((a, b) => a - b);
      expect(all).toEqual(Array.from({ length: Math.max(pointers, any.rows) }, (_, n) => n + 1).slice(0, all.length));
      expect(all.length).toBeGreaterThanOrEqual(pointers);
    }),
  );
});
