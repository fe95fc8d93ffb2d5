import { expect, test } from "vitest";
import { expectOutcome, expireLease, finish, outcomeOf, SUCCESS, WHOLE_LIFE, workplace } from "../support/crash.ts";
import { CREATE_INDEX } from "../support/crash-plans.ts";
import type { TestDatabase } from "../support/postgres.ts";
import { until } from "../support/until.ts";

/** A transaction whose snapshot every concurrent index build has to wait for. */
async function oldSnapshot(database: TestDatabase): Promise<{ end(): Promise<unknown> }> {
  const client = await database.connect();
  await client.query("begin isolation level repeatable read");
  await client.query("select count(*) from accounts");
  return { end: () => client.query("rollback") };
}

/** Who waits in a CREATE INDEX CONCURRENTLY, or in the DROP of what is left of one. */
async function buildsWaiting(database: TestDatabase): Promise<readonly number[]> {
  const rows = await database.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        and query ~ '^(CREATE|DROP) INDEX CONCURRENTLY'`,
  );
  return rows.map((row) => row.pid);
}

const indexOid = async (database: TestDatabase): Promise<unknown> =>
  (await database.query("select to_regclass('public.accounts_status')::oid as oid"))[0]?.["oid"];

/** A runner that waits, in the middle of its CREATE INDEX CONCURRENTLY, for a snapshot. */
async function blockedBuild() {
  const place = await workplace(CREATE_INDEX);
  const alone = await place.database();
  expect(await (await place.start(alone, WHOLE_LIFE)).ended).toEqual(SUCCESS);
  const reference = await outcomeOf(alone);
  const database = await place.database();
  const snapshot = await oldSnapshot(database);
  const runner = await place.start(database, WHOLE_LIFE);
  await until(async () => (await buildsWaiting(database)).length === 1);
  const [build] = await buildsWaiting(database);
  return { place, reference, database, snapshot, runner, build, half: await indexOid(database) };
}

test("the half-built index of a killed runner is dropped and built again", async () => {
  const { place, reference, database, snapshot, runner, build, half } = await blockedBuild();
  runner.signal("SIGKILL");
  await runner.ended;
  const finished = finish(place, place.segue(database));
  // The statement outlives its client until the server looks for it; then the successor's own build waits.
  await until(async () => (await buildsWaiting(database)).some((pid) => pid !== build));
  await snapshot.end();
  await finished;
  await expectOutcome(database, reference, "completed");
  expect(await indexOid(database)).not.toBe(half);
});

test("the build of a runner that hangs is awaited, and kept, if it finishes in time", async () => {
  const { place, reference, database, snapshot, runner, half } = await blockedBuild();
  runner.signal("SIGSTOP");
  await expireLease(database);
  const finished = finish(place, place.segue(database));
  // By its epoch a takeover shows; from here on the orphan is awaited.
  await until(
    async () => (await database.query("select from segue.lease where expires_at > clock_timestamp()")).length === 1,
  );
  await snapshot.end();
  await finished;
  await expectOutcome(database, reference, "completed");
  expect(await indexOid(database)).toBe(half);
  runner.signal("SIGCONT");
  expect(await runner.ended).toMatchObject({ exitCode: 1, error: { code: "SEG0403" } });
});

test("the build of a runner that hangs is cancelled if it does not finish, and begun anew", async () => {
  const { place, reference, database, snapshot, runner, build, half } = await blockedBuild();
  runner.signal("SIGSTOP");
  await expireLease(database);
  const finished = finish(place, place.segue(database));
  await until(async () => (await buildsWaiting(database)).some((pid) => pid !== build), 30_000);
  await snapshot.end();
  await finished;
  await expectOutcome(database, reference, "completed");
  expect(await indexOid(database)).not.toBe(half);
  runner.signal("SIGCONT");
  expect(await runner.ended).toMatchObject({ exitCode: 1, error: { code: "SEG0403" } });
});
