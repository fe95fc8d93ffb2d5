import { expect, test } from "vitest";
import { median, percentile, ratio } from "../../../bench/statistics.ts";

test("the median is the middle, or between the two in the middle", () => {
  expect(median([5, 1, 9])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([7])).toBe(7);
  expect(median([])).toBeNull();
});

test("the order of the numbers is left alone", () => {
  const numbers = [3, 1, 2];
  median(numbers);
  expect(numbers).toEqual([3, 1, 2]);
});

test("a percentile is one of the numbers", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile(hundred, 1)).toBe(100);
  expect(percentile(hundred, 0)).toBe(1);
  expect(percentile([2, 8], 0.99)).toBe(8);
  expect(percentile([], 0.99)).toBeNull();
});

test("a ratio to nothing is not known", () => {
  expect(ratio(1, 4)).toBe(0.25);
  expect(ratio(1, 0)).toBeNull();
  expect(ratio(null, 4)).toBeNull();
  expect(ratio(1, undefined)).toBeNull();
});
