import { expect, test } from "vitest";
import { lagReason } from "../../../src/backfill/throttle.ts";

const replica = (name: string, lagMs: number | null, lagBytes: number | null = 0) => ({ name, lagMs, lagBytes });

test("no replica, no lag", () => {
  expect(lagReason([], 5_000, false)).toBeNull();
});

test("the worst replica stops the fill above the threshold", () => {
  const replicas = [replica("r1", 100), replica("r2", 6_100), replica("r3", 5_500)];
  expect(lagReason(replicas, 5_000, false)).toBe("replica r2 is behind by more than 5 s");
  expect(lagReason([replica("r1", 5_000)], 5_000, false)).toBeNull();
});

test("a stopped fill goes on below half of the threshold", () => {
  expect(lagReason([replica("r1", 3_000)], 5_000, true)).toBe("replica r1 is behind by more than 2.5 s");
  expect(lagReason([replica("r1", 2_400)], 5_000, true)).toBeNull();
});

test("a lag that can't be read is not zero", () => {
  expect(lagReason([replica("r1", 0), replica("r2", null, null)], 5_000, false)).toBe(
    "the lag of replica r2 can't be read (grant pg_monitor to this role)",
  );
  expect(lagReason([replica("r2", null, 4_096)], 5_000, false)).toBe(
    "replica r2 is catching up and has not reported its lag yet",
  );
});
