import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createSegue, type Segue } from "../../src/index.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { until } from "../support/until.ts";

/** An index without a name: another one each time that the statement runs. */
const BUILD = "CREATE INDEX CONCURRENTLY ON users (name)";
const SECOND_BUILD = "CREATE INDEX CONCURRENTLY ON users (id)";
const INDEXES =
  "SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = 'users'::regclass AND i.indisvalid ORDER BY 1";

interface Place {
  readonly database: TestDatabase;
  readonly segue: Segue;
}

async function place(plan: string): Promise<Place> {
  const plans = await mkdtemp(join(tmpdir(), "segue-uncertain-"));
  onTestFinished(() => rm(plans, { recursive: true }));
  await writeFile(join(plans, "1_build.yaml"), plan);
  const database = await testDatabase({ script: "CREATE TABLE users (id int, name text)" });
  return { database, segue: createSegue({ url: database.url, plans, cwd: plans, env: {} }) };
}

/** As a process leaves the journal that died right after the first statement came through. */
async function cutOff(database: TestDatabase): Promise<void> {
  await database.query("UPDATE segue.step SET state = CASE ordinal WHEN 1 THEN 'running' ELSE 'pending' END");
  await database.query("UPDATE segue.rollout SET state = 'expanding'");
}

const uncertain = { code: "SEG0401", message: expect.stringContaining("was cut off") as string };

test("a statement of which nothing tells whether it ran waits for a person's word, however often it is resumed", async () => {
  const { database, segue } = await place(`operations: [{ sql: { up: ${BUILD}, down: "" } }]`);
  await segue.up();
  await cutOff(database);
  for (let time = 1; time <= 3; time += 1) await expect(segue.resume("build")).rejects.toMatchObject(uncertain);
  expect(await database.query(INDEXES)).toEqual([{ name: "users_name_idx" }]);
  expect((await segue.status("build"))[0]).toMatchObject({ health: "failed" });
  await segue.resume("build", { uncertain: "skip" });
  await segue.up();
  expect(await database.query(INDEXES)).toEqual([{ name: "users_name_idx" }]);

  await cutOff(database);
  await segue.resume("build", { uncertain: "rerun" });
  expect(await database.query(INDEXES)).toEqual([{ name: "users_name_idx" }, { name: "users_name_idx1" }]);
});

test("a statement that the server refused is run again without a word", async () => {
  const { database, segue } = await place(`operations: [{ sql: { up: ${BUILD}, down: "" } }]`);
  await database.query("ALTER TABLE users RENAME name TO nick");
  await expect(segue.up()).rejects.toMatchObject({ code: "SEG0401" });
  await database.query("ALTER TABLE users RENAME nick TO name");
  await segue.up();
  expect(await database.query(INDEXES)).toEqual([{ name: "users_name_idx" }]);
});

test("the word is good for the statement that it was given for, and not for one that is cut off afterwards", async () => {
  const { database, segue } = await place(`operations: [{ sql: { up: "${BUILD}; ${SECOND_BUILD}", down: "" } }]`);
  await segue.up();
  await database.query("DROP INDEX users_id_idx");
  await cutOff(database);
  const writer = await database.connect();
  await writer.query("BEGIN; INSERT INTO users VALUES (1, 'ada')");
  const resumed = segue.resume("build", { uncertain: "skip" }).catch((error: unknown) => error);
  await until(async () => {
    const ended = await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = '${SECOND_BUILD}' AND wait_event_type = 'Lock'`,
    );
    return ended.length > 0;
  });
  expect(await resumed).toMatchObject(uncertain);
  await writer.query("ROLLBACK");
  expect(await database.query(INDEXES)).toEqual([{ name: "users_name_idx" }]);
});

test("a statement that a reversal took back is no uncertain one", async () => {
  const { database, segue } = await place(
    `operations: [{ sql: { phase: contract, up: ${BUILD}, down: DROP INDEX users_name_idx } }, { drop_column: { table: users, column: id } }]`,
  );
  await segue.up();
  await segue.contract("build");
  await segue.reverse("build", { to: "ready" });
  expect((await segue.contract("build")).state).toBe("soaking");
  expect(await database.query(INDEXES)).toEqual([{ name: "users_name_idx" }]);
});
