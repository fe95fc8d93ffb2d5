import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import type { TestDatabase } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import { RENAME_ID } from "./plans.ts";
import { objects, type Project, segue, start } from "./segue.ts";
import { expanded, expectFilledOnce, filling, holdRows, runnerOf } from "./shared-fill.ts";

const KNOB = ", throttle: { queries: { knob: { sql: select value from public.knob, stop: 10 } } }";

/** A rollout whose fills stand until the knob is turned. */
async function knobbed(): Promise<{
  database: TestDatabase;
  place: Project;
  turn: (value: number) => Promise<unknown>;
}> {
  const { database, place } = await expanded(undefined, KNOB);
  await database.query("create table knob (value int); insert into knob values (100)");
  return { database, place, turn: (value) => database.query("update knob set value = $1", [value]) };
}

/** Returns once so many events of a type are in the journal, those of workers beside the runner or the runner's. */
async function told(database: TestDatabase, type: string, of: "runner" | "joined"): Promise<void> {
  await until(async () => {
    const events = await database.query("SELECT FROM segue.event WHERE type = $1 AND (detail->'joined' IS NULL) = $2", [
      type,
      of === "runner",
    ]);
    return events.length > 0;
  }, 60_000);
}

const statusOf = async (place: Project) => objects(await segue(place, "status", RENAME_ID, "--json"))[0];

/** The same project, as a role that may do no more than it is granted. */
async function asRole(database: TestDatabase, place: Project, grants: string): Promise<Project> {
  const role = `worker_${randomBytes(4).toString("hex")}`;
  await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'poor'; ${grants.replaceAll("ROLE", role)}`);
  onTestFinished(() => database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`).then(() => undefined));
  const url = Object.assign(new URL(database.url), { username: role, password: "poor" }).href;
  return { ...place, env: { ...place.env, DATABASE_URL: url } };
}

test(
  "a worker whose role may not write the table, or the journal, says so and leaves nothing",
  { timeout: 240_000 },
  async () => {
    const { database, place } = await expanded();
    const release = await holdRows(database);
    const runner = await runnerOf(database, place);
    const journal = "GRANT USAGE ON SCHEMA segue TO ROLE; GRANT SELECT ON ALL TABLES IN SCHEMA segue TO ROLE;";
    const reader = await asRole(database, place, journal);
    const refused = await segue(reader, "work", RENAME_ID);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain("SEG0207");
    expect(refused.stderr).toContain("permission denied for table event");

    const writer = await asRole(
      database,
      place,
      `${journal} GRANT ALL ON ALL TABLES IN SCHEMA segue TO ROLE; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA segue TO ROLE; GRANT SELECT ON users TO ROLE`,
    );
    const failed = await segue(writer, "work", RENAME_ID);
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr).toContain("permission denied for table users");
    expect(failed.stderr).toContain("SELECT and UPDATE on the tables that are filled");
    expect(await database.query("SELECT FROM segue.extent WHERE owner LIKE '%/work#%'")).toEqual([]);
    expect(await database.query("SELECT FROM segue.quarantine")).toEqual([]);
    await release();
    expect(await runner.ended).toMatchObject({ code: 0 });
    await expectFilledOnce(database);
  },
);

test("a worker goes on under the next epoch when the rollout is taken over", { timeout: 240_000 }, async () => {
  const { database, place } = await expanded();
  const release = await holdRows(database);
  const runner = await runnerOf(database, place);
  const worker = await start(place, "work", RENAME_ID);
  await filling(database, 2);
  runner.child.kill("SIGKILL");
  const next = await start(place, "resume", RENAME_ID);
  await until(
    async () => (await database.query("SELECT FROM segue.extent WHERE owner LIKE 'segue/%/3/work#%'")).length > 0,
    60_000,
  );
  await release();
  expect(await next.ended).toMatchObject({ code: 0 });
  expect(await worker.ended).toMatchObject({ code: 0 });
  await expectFilledOnce(database);
});

test("a pause holds workers beside the runner too, until it is taken back", { timeout: 240_000 }, async () => {
  const { database, place } = await expanded();
  const release = await holdRows(database);
  const runner = await runnerOf(database, place);
  const worker = await start(place, "work", RENAME_ID);
  await filling(database, 2);
  expect(await segue(place, "pause", RENAME_ID)).toMatchObject({ code: 0 });
  await told(database, "paused", "runner");
  await told(database, "paused", "joined");
  const before = await database.query("SELECT id, rows_done, cursor_block, stripe FROM segue.extent ORDER BY id");
  await release();
  const [{ filled } = { filled: 0 }] = await database.query<{ filled: number }>(
    "SELECT sum(rows_done)::int AS filled FROM segue.extent",
  );
  expect(await statusOf(place)).toMatchObject({
    health: "paused",
    workers: 2,
    filled: {
      rows: filled,
      wal_bytes: expect.any(Number) as number,
      hot_share: expect.any(Number) as number,
      lag_ms: null,
    },
  });
  expect((await segue(place, "status", RENAME_ID)).stdout).toMatch(
    /\n {2}filled +[\d.]+k? rows, \d+ (bytes|kB|MB) WAL, \d+% HOT\n/,
  );
  expect(await database.query("SELECT id, rows_done, cursor_block, stripe FROM segue.extent ORDER BY id")).toEqual(
    before,
  );
  expect(await segue(place, "unpause", RENAME_ID)).toMatchObject({ code: 0 });
  expect(await runner.ended).toMatchObject({ code: 0 });
  expect(await worker.ended).toMatchObject({ code: 0 });
  await expectFilledOnce(database);
});

test(
  "a worker that ends while a signal holds it does not make the runner's hold seem ended",
  { timeout: 240_000 },
  async () => {
    const { database, place, turn } = await knobbed();
    const runner = await start(place, "backfill", RENAME_ID);
    await told(database, "throttled", "runner");
    const worker = await start(place, "work", RENAME_ID);
    await told(database, "throttled", "joined");
    worker.child.kill("SIGINT");
    expect(await worker.ended).toMatchObject({ code: 130 });
    await told(database, "released", "joined");
    expect(await statusOf(place)).toMatchObject({ health: "throttled", reason: "query knob: 100 > 10" });
    // Who did it stands in the history by the same name as who asked for it.
    const actors = await database.query("SELECT DISTINCT actor FROM segue.event");
    expect(actors).toHaveLength(1);
    expect(actors[0]?.["actor"]).toContain("@");
    await turn(0);
    expect(await runner.ended).toMatchObject({ code: 0 });
    await expectFilledOnce(database);
  },
);

test("the last stop of a runner that was killed counts until its last sign of life", { timeout: 240_000 }, async () => {
  const { database, place, turn } = await knobbed();
  const runner = await start(place, "backfill", RENAME_ID);
  await told(database, "throttled", "runner");
  await until(async () => {
    const beats = await database.query(
      `SELECT FROM segue.lease, segue.event WHERE type = 'throttled' AND expires_at - interval '15 s' > time + interval '1 s'`,
    );
    return beats.length > 0;
  });
  runner.child.kill("SIGKILL");
  await runner.ended;
  await turn(0);
  expect(await segue(place, "resume", RENAME_ID)).toMatchObject({ code: 0 });
  expect((await statusOf(place))?.["throttled_seconds"]).toBeGreaterThan(0);
});
