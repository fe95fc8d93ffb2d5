import { expect, test } from "vitest";
import { judgeValue } from "../../../../src/backfill/throttle/judge-value.ts";

const measure = { subject: "x:", format: String, resumeShare: 0.5 };
const levels = (values: readonly number[], standing: boolean, thresholds: object): string =>
  values.map((value) => judgeValue(value, thresholds, standing, measure).level).join(" ");

test("above a threshold, not at it", () => {
  expect(levels([2, 3, 8, 9], false, { slow: 2, stop: 8 })).toBe("go slow slow stop");
  expect(levels([0, 1], false, { slow: 0 })).toBe("go slow");
  expect(levels([0, 1], false, { stop: 0 })).toBe("go stop");
});

test("once stopped, it stops down to `resume`; at it, it goes on, slowly where that is above `slow`", () => {
  expect(levels([3, 4, 5, 8, 9], true, { slow: 3, stop: 8 })).toBe("go slow stop stop stop");
  expect(levels([6, 7, 8], true, { stop: 8, resume: 6 })).toBe("go stop stop");
  expect(levels([0, 1], true, { stop: 0 })).toBe("go stop");
});

test("what no layer gives, or takes back, never happens", () => {
  expect(levels([1e12], true, {})).toBe("go");
  expect(levels([5, 1e12], true, { slow: 5, stop: null })).toBe("go slow");
});

test("of layers that contradict each other `stop` wins", () => {
  expect(levels([4, 6], false, { slow: 9, stop: 5 })).toBe("go stop");
  // A `resume` above `stop` would let it go on while it has to stop.
  expect(levels([4, 5, 6], true, { stop: 5, resume: 7 })).toBe("go go stop");
});
