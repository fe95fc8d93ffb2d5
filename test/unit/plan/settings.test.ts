import { expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import { completeSettings, mergeSettings } from "../../../src/plan/merge-settings.ts";
import { settings, views } from "../../../src/plan/settings.ts";

test("durations become milliseconds, and nothing is filled in", () => {
  const written = {
    lock: { timeout: "250ms" },
    backfill: { throttle: { replica_lag: "10s" } },
    contract: { soak: "0s" },
  };
  expect(settings.parse(written)).toEqual({
    lock: { timeout: 250 },
    backfill: { throttle: { replica_lag: 10_000 } },
    contract: { soak: 0 },
  });
  expect(settings.parse({})).toEqual({});
});

test("every setting of the model can be written", () => {
  const written = {
    lock: { timeout: "500ms", budget: "10m" },
    backfill: {
      batch_time: "50ms",
      batch_time_busy: "10ms",
      workers: 1,
      user_triggers: "fire",
      quarantine_limit: 100,
      throttle: {
        replica_lag: { stop: "5s" },
        replica_lag_bytes: null,
        slot_wal: null,
        archive_backlog: null,
        waiting_sessions: { slow: 0 },
        active_sessions: null,
        probe: null,
        queries: {},
        slow_ratio: 0,
      },
      vacuum: { every: "10%" },
    },
    contract: { soak: "24h", auto: false },
    ignore_dependents: [],
  };
  // `views` stands beside `settings`, not in it.
  expect({ ...settings.parse(written), views: views.parse(false) }).toEqual(DEFAULT_SETTINGS);
});

test("a throttle's signals have short and long forms, sizes and shares", () => {
  const throttle = {
    replica_lag: { slow: "1s", stop: "5s", resume: "2s" },
    replica_lag_bytes: "64MB",
    slot_wal: { stop: "10GB" },
    active_sessions: { slow: "50%", stop: 80 },
    probe: { sql: "SELECT 1", slow: "20ms" },
    queries: { queue: { sql: "SELECT count(*) FROM jobs", stop: 1000, timeout: "2s" }, off: null },
    slow_ratio: 0.5,
  };
  expect(settings.parse({ backfill: { throttle } }).backfill?.throttle).toEqual({
    replica_lag: { slow: 1_000, stop: 5_000, resume: 2_000 },
    replica_lag_bytes: 64 * 1024 ** 2,
    slot_wal: { stop: 10 * 1024 ** 3 },
    active_sessions: { slow: "50%", stop: 80 },
    probe: { sql: "SELECT 1", slow: 20 },
    queries: { queue: { sql: "SELECT count(*) FROM jobs", stop: 1000, timeout: 2_000 }, off: null },
    slow_ratio: 0.5,
  });
});

test("VACUUM is a share of the table, or off", () => {
  expect(settings.parse({ backfill: { vacuum: "off" } })).toEqual({ backfill: { vacuum: "off" } });
  expect(completeSettings({ backfill: { vacuum: "off" } }).backfill.vacuum).toBe("off");
  for (const every of ["0%", "101%", "10", 10, "1.5%"])
    expect(settings.safeParse({ backfill: { vacuum: { every } } }).success).toBe(false);
});

test("a later layer wins part by part; null and an empty list are values", () => {
  const merged = mergeSettings(
    { lock: { timeout: 1, budget: 2 }, ignore_dependents: ["public.v"] },
    { lock: { timeout: 3 }, backfill: { throttle: { replica_lag: null } } },
    { ignore_dependents: [] },
  );
  expect(merged).toEqual({
    lock: { timeout: 3, budget: 2 },
    backfill: { throttle: { replica_lag: null } },
    ignore_dependents: [],
  });
});

test("what no layer says is the default", () => {
  expect(completeSettings()).toEqual(DEFAULT_SETTINGS);
  expect(completeSettings({ contract: { soak: 5 } }).contract).toEqual({ soak: 5, auto: false });
});
