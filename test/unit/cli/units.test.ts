import { expect, test } from "vitest";
import { count, elapsed, range, size } from "../../../src/cli/units.ts";

test.each([
  [0.4, "0 ms"],
  [999, "999 ms"],
  [1_234, "1.2 s"],
  [59_990, "60.0 s"],
  [60_000, "1 min"],
  [200_000, "3 min 20 s"],
  [7_500_000, "2 h 5 min"],
  [200_000_000, "2 d 7 h"],
])("elapsed: %d ms is %s", (ms, text) => {
  expect(elapsed(ms)).toBe(text);
});

test.each([
  [0, 0.4, "1 s"],
  [40, 61, "40-61 s"],
  [420, 531, "7-9 min"],
  [3_600, 10_000, "1-3 h"],
  [86_400, 200_000, "1-3 d"],
])("range: %d to %d s is %s", (least, most, text) => {
  expect(range(least, most)).toBe(text);
});

test.each([
  [0, "0"],
  [812, "812"],
  [4_100, "4.1k"],
  [41_234, "41.2k"],
  [412_345, "412k"],
  [29_900_000, "29.9M"],
  [3e9, "3G"],
])("count: %d is %s", (number, text) => {
  expect(count(number)).toBe(text);
});

test.each([
  [0, "0 bytes"],
  [8_192, "8192 bytes"],
  [24_576, "24 kB"],
  [14_000_000_000, "13 GB"],
])("size: %d is %s, as pg_size_pretty() writes it", (bytes, text) => {
  expect(size(bytes)).toBe(text);
});
