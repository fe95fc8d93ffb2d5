import { expect, test } from "vitest";
import { GOING, nextStand, type Stand, type Wanted } from "../../../../src/backfill/throttle/stand.ts";

const going: Wanted = { want: "going" };
const stop = (...subjects: string[]): Wanted => ({
  want: "stopped",
  subjects,
  reason: subjects.join("; "),
  asked: null,
});
const slow = (asked: string | null, ...subjects: string[]): Wanted => ({
  want: "slow",
  subjects,
  reason: [asked, ...subjects].filter((one) => one !== null).join("; "),
  asked,
});

/** Second by second; what was told, and when. */
function told(...wanted: readonly (readonly [number, Wanted])[]): readonly object[] {
  let stand: Stand = GOING;
  return wanted.flatMap(([second, want]) => {
    const next = nextStand(stand, want, second * 1_000);
    ({ stand } = next);
    return next.event === null ? [] : [{ second, ...next.event }];
  });
}

test("a stop is told once for each reason, and its end with how long it was", () => {
  expect(
    told([0, going], [1, stop("r1")], [2, stop("r1")], [3, stop("r2")], [4, stop("r1", "r2")], [9, going], [10, going]),
  ).toEqual([
    { second: 1, type: "throttled", level: "stop", reason: "r1", throttledMs: 0 },
    { second: 3, type: "throttled", level: "stop", reason: "r2", throttledMs: 0 },
    { second: 9, type: "resumed", throttledMs: 8_000 },
  ]);
});

test("a stop that becomes slow, or a pause, counts until then", () => {
  expect(told([0, stop("r1")], [3, slow(null, "r1")], [5, stop("r1")], [7, { want: "paused" }], [8, going])).toEqual([
    { second: 0, type: "throttled", level: "stop", reason: "r1", throttledMs: 0 },
    { second: 3, type: "throttled", level: "slow", reason: "r1", throttledMs: 3_000 },
    { second: 5, type: "throttled", level: "stop", reason: "r1", throttledMs: 0 },
    { second: 7, type: "paused", throttledMs: 2_000 },
    { second: 8, type: "resumed", throttledMs: 0 },
  ]);
});

test("a signal that comes and goes is told once", () => {
  expect(
    told([0, slow(null, "w")], [5, going], [10, slow(null, "w")], [20, going], [39, going], [40, going], [41, going]),
  ).toEqual([
    { second: 0, type: "throttled", level: "slow", reason: "w", throttledMs: 0 },
    { second: 40, type: "resumed", throttledMs: 0 },
  ]);
});

test("what a person asks for is told when it changes, and ends at once", () => {
  expect(
    told([0, slow("ratio 1")], [1, slow("ratio 1", "w")], [2, slow("ratio 2", "w")], [3, slow("ratio 2")], [4, going]),
  ).toEqual([
    { second: 0, type: "throttled", level: "slow", reason: "ratio 1", throttledMs: 0 },
    { second: 1, type: "throttled", level: "slow", reason: "ratio 1; w", throttledMs: 0 },
    { second: 2, type: "throttled", level: "slow", reason: "ratio 2; w", throttledMs: 0 },
    { second: 4, type: "resumed", throttledMs: 0 },
  ]);
});
