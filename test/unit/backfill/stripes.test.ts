import fc from "fast-check";
import { expect, test } from "vitest";
import {
  MOST_PIECES,
  type Page,
  piecesOf,
  stripesFor,
  stripeSizes,
  stripesOf,
  SWEEP,
  TURNS,
} from "../../../src/backfill/stripes.ts";

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

test("a stripe takes as many rows as there is room for, which gets less", () => {
  // 55 rows of 144 bytes, to be 152: five leave, 28 + 5 * 144 bytes are free. Four take 4 * 156 of them, and leave 4 * 144.
  expect(stripeSizes({ ...page, indexes: 6 })).toEqual([
    5,
    4,
    4,
    4,
    3,
    3,
    3,
    3,
    2,
    2,
    2,
    2,
    2,
    2,
    2,
    ...Array<number>(12).fill(1),
  ]);
});

test("the fewer indexes there are, the more rows leave, in fewer stripes", () => {
  expect(stripeSizes(page)).toEqual([6, 5, 5, 4, 4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2, 2, 1]);
  expect(stripeSizes({ ...page, indexes: 0 })[0]).toBeGreaterThan(6);
});

test("where a fillfactor has left room, none needs to leave", () => {
  const [first] = stripeSizes({ ...page, rows: 49, fillfactor: 90 });
  // A tenth of the page, 817 bytes and what 49 rows leave of the rest, holds five of 156.
  expect(first).toBe(5);
});

const pages = fc.record({
  rows: fc.integer({ min: 1, max: 290 }),
  fillfactor: fc.integer({ min: 10, max: 100 }),
  growth: fc.integer({ min: 0, max: 2_000 }),
  indexes: fc.integer({ min: 0, max: 12 }),
});

test("whatever the page, each row of it is in one stripe", () => {
  fc.assert(
    fc.property(pages, (any) => {
      const sizes = stripeSizes(any);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(any.rows);
      expect(Math.min(...sizes)).toBeGreaterThan(0);
    }),
  );
});

test("a stripe that costs more is filled in more pieces, each of which is a whole part of a larger one", () => {
  expect(piecesOf([6, 5, 5, 4, 4, 3, 3, 2, 2, 1], 2)).toEqual([16, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
  expect(piecesOf([6, 5, 5, 4, 4, 3, 3, 2, 2, 1], 4)).toEqual([16, 4, 4, 4, 4, 4, 4, 4, 4, 4]);
  fc.assert(
    fc.property(pages, fc.constantFrom(TURNS.alone, TURNS.shared), (any, turns) => {
      for (const pieces of piecesOf(stripeSizes(any), turns)) {
        expect(pieces).toBeGreaterThanOrEqual(turns);
        expect(MOST_PIECES % pieces).toBe(0);
      }
    }),
  );
});

const sizesOf = (sizes: readonly number[], pointers: number): number[] =>
  stripesOf(sizes, pointers).map((stripe) => stripe.length);

test("on a page without gaps each stripe has as many line pointers as it is to take rows, and the last ones go short", () => {
  expect(stripesOf([3, 2, 1], 6)).toEqual([[1, 2, 3], [4, 5], [6]]);
  expect(stripesOf([3, 2, 1], 3)).toEqual([[1, 2, 3], [4, 5], [6]]);
});

test("what fuller pages have more is shared out", () => {
  expect(sizesOf([20, 20, 10], 55)).toEqual([22, 22, 11]);
});

test("on a page with gaps the line pointers of a stripe lie far apart", () => {
  for (const stripe of stripesOf([25, 25], 100)) {
    expect(stripe).toHaveLength(50);
    const low = stripe.filter((pointer) => pointer <= 50).length;
    expect(low).toBeGreaterThan(20);
    expect(low).toBeLessThan(30);
  }
});

test("whatever the page, each of its line pointers is in one stripe, and no stripe is empty", () => {
  fc.assert(
    fc.property(pages, fc.integer({ min: 1, max: 291 }), fc.boolean(), (any, pointers, even) => {
      const sizes = even
        ? Array.from({ length: stripesFor(any.rows) }, () => any.rows / stripesFor(any.rows))
        : stripeSizes(any);
      const stripes = stripesOf(sizes, pointers);
      const all = stripes.flat().toSorted((a, b) => a - b);
      expect(all).toEqual(Array.from({ length: Math.max(pointers, any.rows) }, (_, n) => n + 1).slice(0, all.length));
      expect(all.length).toBeGreaterThanOrEqual(pointers);
      expect(Math.min(...stripes.map(({ length }) => length))).toBeGreaterThan(0);
    }),
  );
});
