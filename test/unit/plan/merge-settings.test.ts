import { expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import { completeSettings, mergeSettings } from "../../../src/plan/merge-settings.ts";

test("a later layer wins, part by part; lists replace each other", () => {
  expect(
    mergeSettings(
      { lock: { timeout: 100, budget: 1000 }, ignore_dependents: ["a", "b"] },
      { backfill: { throttle: { replica_lag: null } } },
      { lock: { timeout: 200 }, ignore_dependents: ["c"] },
    ),
  ).toEqual({
    lock: { timeout: 200, budget: 1000 },
    backfill: { throttle: { replica_lag: null } },
    ignore_dependents: ["c"],
  });
});

test("the defaults stand below all layers, and are left as they are", () => {
  const before = structuredClone(DEFAULT_SETTINGS);
  expect(completeSettings()).toEqual(DEFAULT_SETTINGS);
  expect(completeSettings({ contract: { soak: 0 } }, { backfill: { workers: 4 } })).toEqual({
    ...DEFAULT_SETTINGS,
    contract: { ...DEFAULT_SETTINGS.contract, soak: 0 },
    backfill: { ...DEFAULT_SETTINGS.backfill, workers: 4 },
  });
  expect(DEFAULT_SETTINGS).toEqual(before);
});

test("a signal's short form is its `stop`: thresholds of layers add up, and null turns a signal off", () => {
  const { throttle } = completeSettings(
    { backfill: { throttle: { replica_lag: 9_000, queries: { queue: { sql: "SELECT 1", stop: 5 }, other: null } } } },
    { backfill: { throttle: { replica_lag: { slow: 1_000 }, active_sessions: "60%", slow_ratio: 2 } } },
    { backfill: { throttle: { waiting_sessions: null, queries: { queue: { sql: "SELECT 2" } } } } },
  ).backfill;
  expect(throttle).toEqual({
    ...DEFAULT_SETTINGS.backfill.throttle,
    replica_lag: { stop: 9_000, slow: 1_000 },
    active_sessions: { stop: "60%" },
    waiting_sessions: null,
    queries: { queue: { sql: "SELECT 2", stop: 5 }, other: null },
    slow_ratio: 2,
  });
});
