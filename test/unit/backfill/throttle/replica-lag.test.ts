import { expect, test } from "vitest";
import { judgeBytes, judgeLag, lagIn } from "../../../../src/backfill/throttle/replica-lag.ts";

const replica = (name: string, lagMs: number | null, lagBytes: number | null = 0) => ({ name, lagMs, lagBytes });
const role = { role: "Shop owner" };
const limits = { slow: 1_000, stop: 5_000 };

test("no replica, no lag", () => {
  expect(judgeLag([], limits, false, role)).toEqual({ level: "go" });
  expect(judgeBytes([], limits, true, role)).toEqual({ level: "go" });
});

test("the worst replica stops the fill above `stop`, and slows it above `slow`", () => {
  const replicas = [replica("r1", 100), replica("r2", 6_100), replica("r3", 5_500)];
  expect(judgeLag(replicas, limits, false, role)).toEqual({
    level: "stop",
    subject: "replica r2 lag",
    reason: "replica r2 lag 6.1 s > 5 s",
  });
  expect(judgeLag([replica("r1", 5_000)], limits, false, role)).toEqual({
    level: "slow",
    subject: "replica r1 lag",
    reason: "replica r1 lag 5 s > 1 s",
  });
  expect(judgeLag([replica("r1", 1_000)], limits, false, role)).toEqual({ level: "go" });
});

test("a stopped fill goes on at half of `stop`, or at `resume`", () => {
  expect(judgeLag([replica("r1", 3_000)], { stop: 5_000 }, true, role)).toMatchObject({
    level: "stop",
    reason: "replica r1 lag 3 s, goes on at 2.5 s",
  });
  expect(judgeLag([replica("r1", 2_500)], { stop: 5_000 }, true, role)).toEqual({ level: "go" });
  expect(judgeLag([replica("r1", 2_500)], { stop: 5_000, resume: 2_000 }, true, role)).toMatchObject({
    reason: "replica r1 lag 2.5 s, goes on at 2 s",
  });
});

test("the lag in bytes is another limit", () => {
  const replicas = [replica("r1", 9_999_999, 4_096), replica("r2", 0, 80 * 1024 ** 2)];
  expect(judgeBytes(replicas, { stop: 64 * 1024 ** 2 }, false, role)).toMatchObject({
    level: "stop",
    reason: "replica r2 lag 80 MB > 64 MB",
  });
});

test("a lag that can't be read is not zero", () => {
  const hidden = [replica("r1", 0), replica("r2", null, null)];
  expect(judgeLag(hidden, limits, false, role)).toEqual({
    level: "stop",
    unreadable: true,
    subject: "replica_lag, unread",
    reason:
      'replica_lag can\'t be read: the lag of replica r2 is hidden from this role (GRANT pg_monitor TO "Shop owner")',
  });
  expect(judgeBytes(hidden, limits, false, role)).toMatchObject({ level: "stop", unreadable: true });
  expect(judgeLag([replica("r2", null, 4_096)], limits, false, role)).toMatchObject({
    level: "stop",
    reason: "replica r2 catches up and has not reported its lag yet",
  });
});

test("the lag that is told is the worst replica's, where it is watched and can be read", () => {
  expect(lagIn({ values: new Map() })).toBeNull();
  expect(lagIn({ values: new Map([["replica_lag", { error: new Error("x") }]]) })).toBeNull();
  expect(lagIn({ values: new Map([["replica_lag", { value: [] }]]) })).toBeNull();
  expect(lagIn({ values: new Map([["replica_lag", { value: [replica("r1", 20), replica("r2", 1_500)] }]]) })).toBe(
    1_500,
  );
});
