import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createSegue } from "../../src/index.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase } from "../support/postgres.ts";

const PLANS = {
  "1_rename_username.yaml": "operations: [{ rename_column: { table: users, from: username, to: handle } }]",
  "2_widen_age.yaml": "operations: [{ change_type: { table: users, column: age, type: bigint } }]",
  "3_split_name.yaml": `
expand:
  - add_column: { table: users, column: first_name, type: text }
  - add_column: { table: users, column: last_name, type: text }
  - sync:
      table: users
      forward: { first_name: "split_part(full_name, ' ', 1)", last_name: "split_part(full_name, ' ', 2)" }
      reverse: { full_name: "concat_ws(' ', first_name, last_name)" }
backfill:
  - fill: { table: users }
contract:
  - drop_column: { table: users, column: full_name }
`,
  "4_drop_age.yaml": "operations: [{ drop_column: { table: users, column: age } }]",
  "6_widen_label.yaml": "operations: [{ change_type: { table: tags, column: label, type: varchar(40) } }]",
  "5_note.yaml": "operations: [{ sql: { up: \"COMMENT ON TABLE users IS 'people'\" } }]",
};

const MIXED = `
operations:
  - add_check: { table: users, check: id > 0 }
  - create_index: { table: users, columns: [username] }
  - drop_constraint: { table: users, name: users_age_check }
  - drop_index: { table: users, name: by_age }
  - drop_column: { table: users, column: full_name }
`;

let plans: string;

beforeAll(async () => {
  plans = await mkdtemp(join(tmpdir(), "segue-plans-"));
  for (const [name, text] of Object.entries(PLANS)) await writeFile(join(plans, name), text);
});
afterAll(() => rm(plans, { recursive: true }));

const SCHEMA = `
CREATE TABLE users (id int PRIMARY KEY, username text NOT NULL UNIQUE, full_name text NOT NULL, age int NOT NULL CHECK (age > 0));
INSERT INTO users SELECT i, 'user' || i, 'First' || i || ' Last' || i, i FROM generate_series(1, 300) AS i`;

const ROWS = "SELECT id, username, full_name, age FROM users ORDER BY id";

for (const major of MAJORS) {
  test(`${major}: a completed rollout that dropped something is taken back by a rollout of its own`, async () => {
    const database = await testDatabase({ major, script: SCHEMA });
    const segue = createSegue({ url: database.url, plans, settings: { contract: { soak: 0 } } });
    const before = await database.query(ROWS);
    const complete = async (plan: string): Promise<void> => {
      await segue.up([plan]);
      expect((await segue.contract(plan, { yes: true })).state).toBe("completed");
    };

    await complete("rename_username");
    // The old version can be deployed once the old shape is filled again …
    expect(await segue.reverse("rename_username")).toMatchObject({ plan: "1_rename_username~inverse", state: "ready" });
    expect(await database.query(ROWS)).toEqual(before);
    // … and the new shape goes with the second call.
    expect((await segue.reverse("rename_username", { yes: true })).state).toBe("completed");
    const [renamed] = await segue.status("rename_username");
    expect(renamed?.state).toBe("reversed");
    await expect(database.query("SELECT handle FROM users")).rejects.toThrow("does not exist");

    await complete("widen_age");
    await expect(segue.reverse("widen_age")).rejects.toMatchObject({ code: "SEG0304", exitCode: 3 });
    expect((await segue.reverse("widen_age", { accept: ["--lose-values"] })).state).toBe("ready");
    expect((await segue.reverse("widen_age", { accept: ["--lose-values"], yes: true })).state).toBe("completed");

    await complete("split_name");
    await segue.reverse("split_name");
    await segue.reverse("split_name", { yes: true });
    expect(await database.query(ROWS)).toEqual(before);
    await complete("split_name");
    const names = "SELECT first_name, last_name FROM users WHERE id = 7";
    expect(await database.query(names)).toEqual([{ first_name: "First7", last_name: "Last7" }]);
  });
}

test("a type that was widened in place is taken back by a shadow column, for the way back would rewrite the table", async () => {
  const script =
    "CREATE TABLE tags (id int PRIMARY KEY, label varchar(20) NOT NULL); INSERT INTO tags VALUES (1, 'ada')";
  const database = await testDatabase({ script });
  const segue = createSegue({ url: database.url, plans, settings: { contract: { soak: 0 } } });
  const type =
    "SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'tags'::regclass AND attname = 'label'";
  expect((await segue.up(["widen_label"]))[0]?.state).toBe("completed");
  expect(await database.query(type)).toEqual([{ type: "character varying(40)" }]);

  await expect(segue.reverse("widen_label")).rejects.toMatchObject({ code: "SEG0304" });
  await segue.reverse("widen_label", { accept: ["--lose-values"] });
  await segue.reverse("widen_label", { accept: ["--lose-values"], yes: true });

  expect(await database.query(type)).toEqual([{ type: "character varying(20)" }]);
  expect(await database.query("SELECT * FROM tags")).toEqual([{ id: 1, label: "ada" }]);
  expect((await segue.status("widen_label"))[0]?.state).toBe("reversed");
});

test("what can't be rebuilt is told before anything runs", async () => {
  const database = await testDatabase({ script: SCHEMA });
  const segue = createSegue({ url: database.url, plans, settings: { contract: { soak: 0 } } });
  await segue.up(["drop_age"]);
  await segue.contract("drop_age", { yes: true });
  const refused = segue.reverse("drop_age");
  await expect(refused).rejects.toMatchObject({
    code: "SEG0304",
    problems: [{ message: "lost: every value of users.age, and its indexes and constraints" }],
  });
  expect((await segue.status()).map((report) => report.plan)).toEqual(["4_drop_age"]);

  await segue.up(["note"]);
  await expect(segue.reverse("note")).rejects.toMatchObject({ code: "SEG0304" });
});

test("a plan that is run again is taken back again", async () => {
  const database = await testDatabase({ script: SCHEMA });
  const segue = createSegue({ url: database.url, plans, settings: { contract: { soak: 0 } } });
  const before = await database.query(ROWS);
  for (let time = 1; time <= 2; time += 1) {
    await segue.up(["rename_username"]);
    await segue.contract("rename_username", { yes: true });
    expect(await segue.reverse("rename_username")).toMatchObject({ state: "ready" });
    expect(await segue.reverse("rename_username", { yes: true })).toMatchObject({ state: "completed" });
    expect((await segue.status("rename_username"))[0]?.state).toBe("reversed");
    expect(await database.query(ROWS)).toEqual(before);
  }
});

test("a process that dies once the inverse has ended leaves what a further call finishes", async () => {
  const database = await testDatabase({ script: SCHEMA });
  const segue = createSegue({ url: database.url, plans, settings: { contract: { soak: 0 } } });
  await segue.up(["rename_username"]);
  await segue.contract("rename_username", { yes: true });
  await segue.reverse("rename_username");
  await segue.reverse("rename_username", { yes: true });
  await database.query("UPDATE segue.rollout SET state = 'completed' WHERE plan = '1_rename_username'");
  await segue.reverse("rename_username");
  expect((await segue.status("rename_username"))[0]?.state).toBe("reversed");
});

test("an inverse that has nothing to contract is over at once", async () => {
  const database = await testDatabase({ script: SCHEMA });
  const segue = createSegue({ url: database.url, plans, settings: { contract: { soak: 0 } } });
  await segue.up(["drop_age"]);
  await segue.contract("drop_age", { yes: true });
  expect(await segue.reverse("drop_age", { accept: ["--lose-values"] })).toMatchObject({ state: "completed" });
  expect((await segue.status("drop_age"))[0]?.state).toBe("reversed");
});

test("a completed plan is not taken back under a rollout that works on what it made", async () => {
  const folder = await mkdtemp(join(tmpdir(), "segue-plans-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const add = "operations: [{ add_column: { table: users, column: nick, type: text } }]";
  const rename = "operations: [{ rename_column: { table: users, from: nick, to: handle } }]";
  await writeFile(join(folder, "1_add_nick.yaml"), add);
  await writeFile(join(folder, "2_rename_nick.yaml"), rename);
  const database = await testDatabase({ script: SCHEMA });
  const segue = createSegue({ url: database.url, plans: folder });
  await segue.up(["add_nick"]);
  await segue.up(["rename_nick"]);
  await expect(segue.reverse("add_nick")).rejects.toMatchObject({
    code: "SEG0105",
    message: "the rollout of 2_rename_nick (ready) works on public.users.nick too",
  });
  expect((await segue.status("add_nick"))[0]?.state).toBe("completed");
  await segue.reverse("rename_nick");
  expect((await segue.reverse("add_nick")).state).toBe("reversed");
});

for (const major of MAJORS) {
  test(`${major}: what a plan did beside a drop is taken back by the inverse rollout too`, async () => {
    const database = await testDatabase({
      major,
      script: `${SCHEMA}; CREATE INDEX by_age ON users (age DESC) INCLUDE (id) WHERE age > 17`,
    });
    const folder = await planFolder({ "7_mixed.yaml": MIXED });
    const segue = createSegue({ url: database.url, plans: folder, settings: { contract: { soak: 0 } } });
    const names = async (): Promise<unknown[]> =>
      await database.query(
        `SELECT conname AS name, pg_get_constraintdef(oid) AS is FROM pg_constraint WHERE conrelid = 'users'::regclass AND contype = 'c'
         UNION ALL SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'users'::regclass ORDER BY 1`,
      );
    const before = await names();
    await segue.up(["mixed"]);
    await segue.contract("mixed", { yes: true });
    expect(await names()).not.toEqual(before);
    await segue.reverse("mixed", { accept: ["--lose-values"] });
    expect((await segue.reverse("mixed", { accept: ["--lose-values"], yes: true })).state).toBe("completed");
    expect(await names()).toEqual(before);
    expect((await segue.status("mixed"))[0]?.state).toBe("reversed");
  });
}
