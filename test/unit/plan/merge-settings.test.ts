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
