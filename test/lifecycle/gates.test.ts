import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createSegue, type Segue, type SegueEvent } from "../../src/index.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { until } from "../support/until.ts";

const PLAN = `
operations:
  - rename_column: { table: users, from: name, to: nick }
gates:
  - approval: { by: ada }
  - query: { sql: select count(*) from reports, is: 0 }
`;
const SCHEMA = `
  create table users (id int primary key, name text); insert into users values (1, 'ada'), (2, 'bob');
  create table reports (id int); insert into reports values (1)`;

interface Place {
  readonly database: TestDatabase;
  readonly segue: Segue;
  readonly events: readonly SegueEvent[];
}

/** A plan at ready. */
async function atReady(): Promise<Place> {
  const plans = await mkdtemp(join(tmpdir(), "segue-gates-"));
  onTestFinished(() => rm(plans, { recursive: true }));
  await writeFile(join(plans, "1_rename.yaml"), PLAN);
  const database = await testDatabase({ script: SCHEMA });
  const events: SegueEvent[] = [];
  const segue = createSegue({ url: database.url, plans, cwd: plans, env: {}, onEvent: (event) => events.push(event) });
  await segue.up();
  return { database, segue, events };
}

const passes = (events: readonly SegueEvent[]): number => events.filter(({ type }) => type === "verified").length;

test("what is told at once is told before a pass over the rows, every gate of it, and nothing changes", async () => {
  const { database, segue, events } = await atReady();
  await database.query("create materialized view names as select name from users");
  await expect(segue.contract("rename")).rejects.toMatchObject({
    code: "SEG0303",
    exitCode: 3,
    message: "3 of 4 requirements are unmet",
    problems: [
      { message: "· verification: not run before the others hold" },
      { message: "✖ dependents: materialized view public.names names public.users.name" },
      { message: "✖ approval: not approved by ada (segue approve 1_rename --as ada)" },
      { message: "✖ query: select count(*) from reports is 1, not 0" },
    ],
  });
  expect(passes(events)).toBe(0);
  expect(await segue.status("rename")).toMatchObject([{ state: "ready" }]);
});

test("a gate that held before the pass over the rows and does not after it keeps the cut-over off", async () => {
  const { database, segue, events } = await atReady();
  await database.query("delete from reports");
  await segue.approve("rename", "ada");
  const locker = await database.connect();
  await locker.query("begin; lock table users in access exclusive mode");
  const contracted = segue.contract("rename").catch((error: unknown) => error);
  await until(async () => {
    const waiting = "select from pg_locks where relation = 'users'::regclass and not granted";
    return (await database.query(waiting)).length > 0;
  });
  await locker.query("create materialized view names as select name from users; commit");
  expect(await contracted).toMatchObject({
    code: "SEG0303",
    message: "1 of 4 requirements is unmet",
    problems: [
      { message: "✔ verification: 2 rows, 0 mismatches, just now" },
      { message: "✖ dependents: materialized view public.names names public.users.name" },
      { message: expect.stringContaining("✔ approval: ada") as string },
      { message: "✔ query: select count(*) from reports is 0" },
    ],
  });
  expect(passes(events)).toBe(1);
  expect(await segue.status("rename")).toMatchObject([{ state: "ready" }]);
  await database.query("drop materialized view names");
  expect(await segue.contract("rename")).toMatchObject({ state: "soaking" });
});
