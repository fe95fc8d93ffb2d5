import { expect, test } from "vitest";
import { judgeActivity } from "../../../../src/backfill/throttle/active-sessions.ts";
import { judgeArchive } from "../../../../src/backfill/throttle/archive-backlog.ts";
import { judgeSlots } from "../../../../src/backfill/throttle/slot-wal.ts";
import { judgeQuery } from "../../../../src/backfill/throttle/user-query.ts";
import { judgeWaiting } from "../../../../src/backfill/throttle/waiting-sessions.ts";
import { worst } from "../../../../src/backfill/throttle/worst.ts";

const role = { role: "app" };
const GB = 1024 ** 3;

test("a slot is named, and said to be inactive", () => {
  const slot = { name: "audit", active: false, retained: 12.5 * GB };
  expect(judgeSlots([slot], { stop: 10 * GB }, false)).toMatchObject({
    level: "stop",
    reason: "WAL kept for inactive slot audit 12.5 GB > 10 GB",
  });
  expect(judgeSlots([{ ...slot, active: true }], { slow: 10 * GB }, false)).toMatchObject({
    level: "slow",
    reason: "WAL kept for slot audit 12.5 GB > 10 GB",
  });
  expect(judgeSlots([], { stop: 0 }, true)).toEqual({ level: "go" });
});

test("an archive that is off has no backlog; one that has reported nothing is not known", () => {
  expect(judgeArchive({ mode: "off", waiting: null, failing: null }, { stop: 0 }, false, role)).toEqual({
    level: "go",
  });
  expect(judgeArchive({ mode: "on", waiting: null, failing: null }, { stop: 0 }, false, role)).toMatchObject({
    level: "stop",
    unreadable: true,
    reason: "archive_backlog can't be read: the archiver has reported no file of WAL yet (GRANT pg_monitor TO app)",
  });
  expect(judgeArchive({ mode: "on", waiting: 50, failing: "00000001" }, { stop: 42 }, false, role)).toMatchObject({
    reason: "WAL files that wait for the archive: 50 > 42 (archiving 00000001 fails)",
  });
});

test("active sessions, by number and by share of max_connections", () => {
  const activity = { active: 61, hidden: 0, most: 100 };
  expect(judgeActivity(activity, { stop: 60 }, false, role)).toMatchObject({ reason: "active sessions: 61 > 60" });
  expect(judgeActivity(activity, { slow: "50%", stop: "60%" }, false, role)).toMatchObject({ level: "stop" });
  expect(judgeActivity({ ...activity, active: 55 }, { stop: "60%" }, true, role)).toMatchObject({
    level: "stop",
    reason: "active sessions: 55, goes on at 54",
  });
  expect(judgeActivity({ ...activity, hidden: 1 }, { stop: 99 }, false, role)).toMatchObject({
    unreadable: true,
    reason:
      "active_sessions can't be read: what 1 session of other roles do is hidden from this role (GRANT pg_monitor TO app)",
  });
});

test("sessions that waited", () => {
  expect(judgeWaiting(0, { slow: 0 }, false)).toEqual({ level: "go" });
  expect(judgeWaiting(1, { slow: 0, stop: 5 }, false)).toMatchObject({ level: "slow" });
  expect(judgeWaiting(6, { slow: 0, stop: 5 }, false)).toMatchObject({
    reason: "sessions that waited for a batch: 6 > 5",
  });
});

test("a query's number has thresholds, its boolean needs none; anything else is not known", () => {
  const query = { sql: "…", slow: 10, stop: 100 };
  expect(judgeQuery("jobs", 101.5, query, false)).toMatchObject({ level: "stop", reason: "query jobs: 101.5 > 100" });
  expect(judgeQuery("jobs", true, query, false)).toMatchObject({ level: "stop", reason: "query jobs is true" });
  expect(judgeQuery("jobs", false, query, true)).toEqual({ level: "go" });
  for (const value of [null, undefined, "NaN", { a: 1 }, [1]])
    expect(judgeQuery("jobs", value, query, false)).toMatchObject({ level: "stop", unreadable: true });
  expect(judgeQuery("jobs", 1, { sql: "…" }, false)).toMatchObject({ level: "stop", unreadable: true });
});

test("the worst wins, with all that ask for it", () => {
  const slow = { level: "slow", subject: "a", reason: "a 1 > 0" } as const;
  const stop = { level: "stop", subject: "b", reason: "b 2 > 1" } as const;
  expect(worst([{ level: "go" }, slow])).toEqual({ level: "slow", subjects: ["a"], reason: "a 1 > 0" });
  expect(worst([slow, stop, { ...stop, subject: "c", reason: "c 3 > 2" }])).toEqual({
    level: "stop",
    subjects: ["b", "c"],
    reason: "b 2 > 1; c 3 > 2",
  });
  expect(worst([])).toEqual({ level: "go", subjects: [], reason: "" });
});
