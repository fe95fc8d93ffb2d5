import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "../../../src/plan/duration.ts";

test.each([
  ["0s", 0],
  ["250ms", 250],
  ["5s", 5000],
  ["10m", 600_000],
  ["24h", 86_400_000],
  ["7d", 604_800_000],
])("%s is %d milliseconds", (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(["", "5", "5 s", "1.5h", "-5s", "1h30m", "5S", "5sec", "٥s", "5s\n", "99999999999d", "9999999999999999ms"])(
  "%j is no duration",
  (text) => {
    expect(parseDuration(text)).toBeNull();
  },
);

test.each([
  [0, "0s"],
  [1, "1ms"],
  [1500, "1500ms"],
  [90_000, "90s"],
  [3_600_000, "1h"],
  [172_800_000, "2d"],
])("%d milliseconds are %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test("what is formatted is parsed to the same", () => {
  fc.assert(fc.property(fc.nat(), (length) => parseDuration(formatDuration(length)) === length));
});
