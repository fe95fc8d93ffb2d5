import { expect, test } from "vitest";
import { buildProgress, readBuildProgress } from "../../../src/postgres/build-progress.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { until } from "../../support/until.ts";
import { withSession } from "./with-session.ts";

const COUNTERS = {
  blocks_done: 7,
  blocks_total: 9,
  tuples_done: 70,
  tuples_total: 90,
  lockers_done: 1,
  lockers_total: 2,
};

test.each([
  ["building index: scanning table", 7, 9, "blocks"],
  ["index validation: scanning index", 7, 9, "blocks"],
  ["building index: loading tuples in tree", 70, 90, "rows"],
  ["index validation: sorting tuples", 70, 90, "rows"],
  ["waiting for writers before build", 1, 2, "sessions"],
  ["waiting for old snapshots", 1, 2, "sessions"],
])("%s is told by the counters that it moves", (phase, done, total, unit) => {
  expect(buildProgress({ phase, ...COUNTERS })).toEqual({ phase, done, total, unit });
});

test("what has grown since it was counted is not past its end", () => {
  expect(buildProgress({ phase: "building index: scanning table", ...COUNTERS, blocks_done: 12 }).done).toBe(9);
});

test.each(MAJORS)("a build on PostgreSQL %i is found by its process and by its name", async (major) => {
  const database = await testDatabase({ major, script: "create table t (a int); insert into t values (1)" });
  const holder = await database.connect();
  await holder.query("begin isolation level repeatable read");
  await holder.query("select from t");
  const builder = await database.connect({ application_name: "segue/7/3" });
  const built = builder.query("create index concurrently on t (a)");
  const rows = await database.query<{ pid: number }>(
    "select pid from pg_stat_activity where application_name = 'segue/7/3' and datname = current_database()",
  );
  await withSession(database, async (observer) => {
    const byProcess = (): ReturnType<typeof readBuildProgress> =>
      readBuildProgress(observer, { pid: rows[0]?.pid ?? 0 });
    await until(async () => (await byProcess())?.phase === "waiting for old snapshots");
    const byName = await readBuildProgress(observer, { applicationName: "segue/7/3" });
    expect(byName).toMatchObject({ phase: "waiting for old snapshots", unit: "sessions" });
    // The server waits for whoever has an older snapshot, an autovacuum too.
    expect(byName?.total).toBeGreaterThanOrEqual(1);
    expect(byName?.done).toBeLessThan(byName?.total ?? 0);
    expect(await readBuildProgress(observer, { applicationName: "segue/7" })).toBeNull();
    await holder.query("commit");
    await built;
    expect(await readBuildProgress(observer, { applicationName: "segue/7/3" })).toBeNull();
  });
});
