import pg from "pg";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { pagilaScript } from "./pagila.ts";
import { MAJOR, MAJORS, testDatabase, type TestDatabase } from "./postgres.ts";

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a test gets an empty database of that major", async () => {
    const database = await testDatabase({ major });
    const rows = await database.query(
      "select current_database() as name, current_setting('server_version_num')::int / 10000 as major",
    );
    expect(rows).toEqual([{ name: database.name, major }]);
  });

  test.skipIf(pagilaScript() === null)("a template is filled once and cloned", async () => {
    const template = { name: "pagila", script: pagilaScript()! };
    const [a, b] = await Promise.all([testDatabase({ major, template }), testDatabase({ major, template })]);
    await a.query("delete from film_actor");
    expect(await b.query("select count(*)::int > 0 as any from film_actor")).toEqual([{ any: true }]);
  });
});

test("a connection that stays open fails the test, with its application_name", async () => {
  const database = await testDatabase();
  const leak = new pg.Client({ connectionString: database.url, application_name: "segue/leaky/1" });
  leak.on("error", () => undefined);
  await leak.connect();
  await expect(database.drop()).rejects.toThrow("segue/leaky/1");
});

test("a query that waits does not hold up another", async () => {
  const database = await testDatabase({ script: "create table t (id int)" });
  const holder = await database.connect();
  await holder.query("begin; lock table t");
  const waiting = database.query("select * from t");
  expect(await database.query("select 1 as one")).toEqual([{ one: 1 }]);
  await holder.query("rollback");
  expect(await waiting).toEqual([]);
});

describe("hooks", () => {
  let forFile: TestDatabase;
  let forTest: TestDatabase;
  const seen = new Set<string>();
  beforeAll(async () => {
    forFile = await testDatabase();
  });
  beforeEach(async () => {
    forTest = await testDatabase();
    seen.add(forTest.name);
  });
  test.each([1, 2])("a database made in beforeAll serves all tests, round %i", async (round) => {
    expect(await forFile.query("select 1 as one")).toEqual([{ one: 1 }]);
    expect(seen.size).toBe(round);
    const names = await forFile.query<{ datname: string }>("select datname from pg_database where datname = any($1)", [
      [...seen],
    ]);
    expect(names).toEqual([{ datname: forTest.name }]);
  });
});

test("the default major is the newest", () => {
  expect(MAJOR).toBe(MAJORS.at(-1));
});
