import { expect, test } from "vitest";
import { parseSize } from "../../../src/plan/size.ts";

test.each([
  ["512kB", 524_288],
  ["64MB", 67_108_864],
  ["10GB", 10_737_418_240],
  ["1024TB", 1_125_899_906_842_624],
])("%s", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(["", "64", "64 MB", "64mb", "64KB", "1.5GB", "-1MB", "1025TB", "9999999999kB"])("%j is no size", (text) => {
  expect(parseSize(text)).toBeNull();
});
