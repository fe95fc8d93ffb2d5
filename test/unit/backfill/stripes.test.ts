import { expect, test } from "vitest";
import { stripesFor, SWEEP } from "../../../src/backfill/stripes.ts";

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
