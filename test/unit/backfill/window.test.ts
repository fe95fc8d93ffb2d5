import fc from "fast-check";
import { expect, test } from "vitest";
import { collapsed, collapses, halved, LARGEST_WINDOW, narrowed, nextWindow } from "../../../src/backfill/window.ts";

test("a window that had hardly anything to fill lets the next one grow by half at most, however fast it was", () => {
  expect(nextWindow(100, [0.1, 0.1], 50)).toBe(150);
  expect(nextWindow(100, [0.1, 0.1], 50, 99)).toBe(150);
  expect(nextWindow(1, [0.1], 50)).toBe(2);
});

test("one that was filled tells what a row costs", () => {
  expect(nextWindow(100, [10], 50, 5_500)).toBe(400);
  expect(nextWindow(100, [40], 50, 5_500)).toBe(125);
  expect(nextWindow(2, [1], 50, 110)).toBe(32);
});

test("a window shrinks to what the target allows at once", () => {
  expect(nextWindow(1000, [100, 100], 10)).toBe(100);
});

test("a first stripe that read from the disk does not alone decide", () => {
  expect(nextWindow(100, [50, 10, 10, 10], 20)).toBe(100);
});

test("pacing alone does not go below a few blocks; a collapse does", () => {
  expect(nextWindow(10, [40], 10)).toBe(8);
  expect(nextWindow(4, [40], 10)).toBe(4);
  expect(collapsed(10)).toBe(1);
});

test("a statement over five times its target collapses the window", () => {
  expect(collapses(251, 50)).toBe(true);
  expect(collapses(250, 50)).toBe(false);
  expect(collapsed(1000)).toBe(100);
  expect(collapsed(3)).toBe(1);
});

test("a window shrinks while it is filled to what clients that wait allow, and not for noise", () => {
  expect(narrowed(1000, 40, 10, 50)).toBe(250);
  expect(narrowed(1000, 9, 10, 50)).toBe(1000);
  expect(narrowed(1000, 240, 50, 50)).toBe(1000);
  expect(narrowed(1000, 251, 50, 50)).toBe(100);
  expect(narrowed(1, 40, 10, 50)).toBe(1);
});

test("halving ends at one block", () => {
  expect([9, 4, 2, 1].map(halved)).toEqual([4, 2, 1, 1]);
});

test("whatever the times, a window is a whole number of blocks within its bounds", () => {
  const time = fc.double({ min: 0, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: LARGEST_WINDOW }),
      fc.array(time),
      fc.integer({ min: 1, max: 10_000 }),
      fc.integer({ min: 0, max: 1e6 }),
      (window, times, target, filled) => {
        const next = nextWindow(window, times, target, filled);
        expect(Number.isInteger(next)).toBe(true);
        expect(next).toBeGreaterThanOrEqual(1);
        expect(next).toBeLessThanOrEqual(
          Math.min(LARGEST_WINDOW, Math.ceil(window * (filled < window ? 1.5 : window < 8 ? 16 : 4))),
        );
      },
    ),
  );
});
