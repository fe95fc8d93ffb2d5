import { expect, test } from "vitest";
import { createSegue, type Segue } from "../../src/index.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../support/postgres.ts";

const PLAN = { "1_handle.yaml": "operations: [rename_column: { table: users, from: username, to: handle }]" };

async function expanded(
  major: number,
  script = "CREATE TABLE users (id int PRIMARY KEY, username text); INSERT INTO users VALUES (1, 'a'), (2, 'b')",
): Promise<{ database: TestDatabase; segue: Segue; trigger: string }> {
  const database = await testDatabase({ major, script });
  const plans = await planFolder(PLAN);
  const segue = createSegue({ url: database.url, plans, cwd: plans, env: {}, settings: { contract: { soak: 0 } } });
  await segue.expand("handle");
  const [row] = await database.query<{ name: string }>(
    "SELECT tgname AS name FROM pg_trigger WHERE tgrelid = 'users'::regclass AND NOT tgisinternal",
  );
  return { database, segue, trigger: row?.name ?? "" };
}

test.each(MAJORS)("a sync that is disabled stops the backfill, on PostgreSQL %s", async (major) => {
  const { database, segue, trigger } = await expanded(major);
  await database.query(`ALTER TABLE users DISABLE TRIGGER ${trigger}`);
  await expect(segue.backfill("handle")).rejects.toMatchObject({
    code: "SEG0406",
    problems: [{ message: `trigger ${trigger} is disabled` }],
  });
  await database.query(`ALTER TABLE users ENABLE TRIGGER ${trigger}`);
  expect((await segue.backfill("handle")).state).toBe("ready");
});

test.each(MAJORS)("so does one that is disabled on a partition alone, on PostgreSQL %s", async (major) => {
  const script = `CREATE TABLE users (id int PRIMARY KEY, username text) PARTITION BY RANGE (id);
    CREATE TABLE users_old PARTITION OF users FOR VALUES FROM (0) TO (10);
    CREATE TABLE users_new PARTITION OF users FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (id);
    CREATE TABLE users_new_1 PARTITION OF users_new FOR VALUES FROM (10) TO (20);
    INSERT INTO users VALUES (1, 'a'), (11, 'b')`;
  const { database, segue, trigger } = await expanded(major, script);
  await database.query("ALTER TABLE users_new_1 DISABLE TRIGGER USER");
  await expect(segue.backfill("handle")).rejects.toMatchObject({
    code: "SEG0406",
    problems: [{ message: `trigger ${trigger} is disabled on public.users_new_1` }],
  });
  await database.query("ALTER TABLE users_new_1 ENABLE TRIGGER USER");
  expect((await segue.backfill("handle")).state).toBe("ready");
});

test.each(MAJORS)("one that is dropped stops the contract, on PostgreSQL %s", async (major) => {
  const { database, segue, trigger } = await expanded(major);
  await segue.backfill("handle");
  await database.query(`DROP TRIGGER ${trigger} ON users`);
  await expect(segue.contract("handle", { yes: true })).rejects.toMatchObject({ code: "SEG0406" });
  expect((await database.query("SELECT handle FROM users ORDER BY id")).map((row) => row["handle"])).toEqual([
    "a",
    "b",
  ]);
});
