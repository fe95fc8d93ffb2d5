import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Server } from "../../src/demo/server.ts";
import {
  expectOutcome,
  finish,
  outcomeOf,
  passedPoints,
  reached,
  SUCCESS,
  WHOLE_LIFE,
  workplace,
} from "../support/crash.ts";
import { CREATE_INDEX, type CrashPlan, RENAME_COLUMN } from "../support/crash-plans.ts";
import { MAJOR, type TestDatabase } from "../support/postgres.ts";
import { startTestServer } from "../support/servers.ts";
import { until } from "../support/until.ts";

let server: Server;
beforeAll(async () => {
  server = await startTestServer({ major: MAJOR });
});
afterAll(() => server.stop("immediate"));

/** A database on the server that crashes, made like those of the other tests. */
async function databaseOn({ url }: Server, name: string, schema: string): Promise<TestDatabase> {
  const open = async (database: string): Promise<pg.Client> => {
    const address = new URL(url);
    address.pathname = `/${database}`;
    const client = new pg.Client({ connectionString: address.href, application_name: "test" });
    client.on("error", () => {});
    await client.connect();
    return client;
  };
  const admin = await open("postgres");
  await admin.query(`create database ${name}`);
  await admin.end();
  const ask = async <R extends pg.QueryResultRow>(text: string): Promise<R[]> => {
    const client = await open(name);
    try {
      return (await client.query<R>(text)).rows;
    } finally {
      await client.end();
    }
  };
  await ask(schema);
  const address = new URL(url);
  address.pathname = `/${name}`;
  return { url: address.href, name, major: MAJOR, query: ask, connect: () => open(name), drop: async () => {} };
}

/** What the plan comes to, and the failpoints on the way. */
async function uninterrupted(plan: CrashPlan, name: string) {
  const place = await workplace(plan);
  const database = await databaseOn(server, name, plan.schema);
  expect(await (await place.start(database, WHOLE_LIFE)).ended).toEqual(SUCCESS);
  return { place, reference: await outcomeOf(database), points: await passedPoints(place) };
}

test.each([
  ["expand", /ADD COLUMN/],
  ["backfill", /UPDATE ONLY public\.accounts/],
  ["the cut-over", /RENAME COLUMN|DROP NOT NULL/],
  ["the drop", /DROP COLUMN/],
])("a server that crashes during %s is waited for, and the run goes on", async (phase, statement) => {
  const name = `crash_${phase.replaceAll(/\W/g, "_")}`;
  const { place, reference, points } = await uninterrupted(RENAME_COLUMN, `${name}_reference`);
  const point = points.findIndex((line) => statement.test(line)) + 1;
  expect(point).toBeGreaterThan(0);
  // After its answer: what the transaction did is not committed yet, or the answer to its commit is lost.
  const database = await databaseOn(server, name, RENAME_COLUMN.schema);
  const env = { SEGUE_FAILPOINT: String(point + 1), SEGUE_FAILPOINT_SIGNAL: "SIGSTOP" };
  const runner = await place.start(database, WHOLE_LIFE, env);
  expect(await reached(point + 1, runner, place)).toBe(true);
  await server.restart("immediate");
  runner.signal("SIGCONT");
  expect(await runner.ended).toEqual(SUCCESS);
  expect(runner.events.map((event) => event.type)).toContain("reconnecting");
  await expectOutcome(database, reference, "completed");
});

test.each(["goes on", "is killed too, and resumed"])(
  "a server crashes during an index build, and the runner %s",
  async (fate) => {
    const killed = fate !== "goes on";
    const name = `crash_index_${killed}`;
    const { place, reference } = await uninterrupted(CREATE_INDEX, `${name}_reference`);
    const database = await databaseOn(server, name, CREATE_INDEX.schema);
    const reader = await database.connect();
    await reader.query("begin isolation level repeatable read; select count(*) from accounts");
    const runner = await place.start(database, WHOLE_LIFE);
    await until(async () => {
      const builds = await database.query(
        "select from pg_stat_activity where query like 'CREATE INDEX CONC%' and wait_event = 'virtualxid'",
      );
      return builds.length === 1;
    });
    if (killed) runner.signal("SIGKILL");
    await server.restart("immediate");
    if (killed) await finish(place, place.segue(database));
    else expect(await runner.ended).toEqual(SUCCESS);
    await expectOutcome(database, reference, "completed");
  },
);
