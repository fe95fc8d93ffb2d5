import { expect, test } from "vitest";
import { createSegue, type Segue } from "../../src/index.ts";
import { catalogDifference, catalogOf } from "../support/catalog-diff.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, type TestDatabase, testDatabase } from "../support/postgres.ts";

const SCHEMA = `
  CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, username text NOT NULL UNIQUE, fax text, age int NOT NULL DEFAULT 1);
  CREATE TABLE visits (user_id int REFERENCES users ON DELETE CASCADE, at timestamptz DEFAULT now());
  CREATE TABLE tags (name text);
  CREATE VIEW names AS SELECT id FROM users;
  GRANT USAGE ON SCHEMA public TO pg_monitor;
  GRANT SELECT, UPDATE (username) ON users TO pg_monitor;
  GRANT SELECT, INSERT ON visits TO pg_monitor;
  GRANT SELECT (name) ON tags TO pg_monitor;
  INSERT INTO users (username, fax) SELECT 'user' || n, n FROM generate_series(1, 300) n`;

const PLANS = {
  "1_rename.yaml": "operations: [{ rename_column: { table: users, from: username, to: handle } }]",
  "2_age.yaml": `operations:
    - change_type: { table: users, column: age, type: text }
    - drop_column: { table: users, column: fax }
    - rename_table: { from: visits, to: calls }
    - drop_table: { table: tags }`,
  "3_add.yaml": "operations: [{ add_column: { table: users, column: nick, type: text } }]",
  "4_late.sql": "CREATE TABLE late (id int)\n",
  "5_plain.yaml": "views: false\noperations: [{ drop_column: { table: users, column: nick } }]",
};

async function workspace(major: number): Promise<{ database: TestDatabase; segue: Segue }> {
  const database = await testDatabase({ major, script: SCHEMA });
  const folder = await planFolder({ "segue.yaml": "views: true" });
  const segue = createSegue({
    url: database.url,
    cwd: folder,
    plans: await planFolder(PLANS),
    env: {},
    settings: { contract: { soak: 0 } },
  });
  return { database, segue };
}

/** Each versioned schema with its tables and their columns. */
async function versions(database: TestDatabase): Promise<Readonly<Record<string, readonly string[]>>> {
  const rows = await database.query<{ schema: string; shown: string[] }>(`
    SELECT n.nspname AS schema, array_agg(format('%s(%s)', c.relname,
             (SELECT string_agg(a.attname, ' ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)) ORDER BY c.relname) AS shown
      FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
     WHERE n.nspname ~ 'public_' GROUP BY 1 ORDER BY 1`);
  return Object.fromEntries(rows.map(({ schema, shown }) => [schema.replace(/_[0-9a-f]{8}$/, ""), shown]));
}

const refusal = async (work: Promise<unknown>): Promise<readonly [string, string]> => {
  const error = await work.then(
    () => ({ code: "none", message: "it was not refused" }),
    (thrown: unknown) => thrown as { code: string; message: string },
  );
  return [error.code, error.message];
};

/** Stops before the drop. */
async function cutOver(segue: Segue, plan: string): Promise<void> {
  expect((await refusal(segue.contract(plan)))[0]).toBe("SEG0306");
}

const FIRST = ["tags(name)", "users(id fax age handle)", "visits(user_id at)"];
const SECOND = ["calls(user_id at)", "users(id age handle)"];
const THIRD = ["calls(user_id at)", "users(id handle age nick)"];

test.each(MAJORS)("one version follows another, and each is taken back exactly, on PostgreSQL %i", async (major) => {
  const { database, segue } = await workspace(major);
  expect((await refusal(segue.latest()))[0]).toBe("SEG0310");
  await segue.up(["1_rename"]);
  expect(await versions(database)).toEqual({ public_1: FIRST });
  expect(await refusal(segue.expand("2_age"))).toEqual([
    "SEG0105",
    "the rollout of 1_rename (ready) works on public.(versioned schemas) too",
  ]);
  await segue.contract("1_rename", { yes: true });
  expect(await versions(database)).toEqual({ public_1: FIRST });
  expect(await segue.latest()).toMatchObject({ schema: "public_1", plan: "1_rename", path: ["public_1", "public"] });

  const first = await catalogOf(database);
  await segue.up(["2_age"]);
  expect(await versions(database)).toEqual({ public_1: FIRST, public_2: SECOND });
  expect((await segue.latest()).schema).toBe("public_2");
  // Both versions write, each in its own shape.
  const [old, fresh] = [await database.connect(), await database.connect()];
  await old.query("SET search_path = public_1");
  await fresh.query("SET search_path = public_2, public");
  expect((await old.query("INSERT INTO users (handle, age) VALUES ('ada', 36) RETURNING *")).rows).toEqual([
    { id: 301, fax: null, age: 36, handle: "ada" },
  ]);
  expect((await fresh.query("UPDATE users SET age = age || '1' WHERE handle = 'ada' RETURNING *")).rows).toEqual([
    { id: 301, age: "361", handle: "ada" },
  ]);
  const upsert = `INSERT INTO users (handle, age) VALUES ('ada', '37'), ('bob', '5')
    ON CONFLICT (handle) DO UPDATE SET age = excluded.age RETURNING handle, age`;
  expect((await fresh.query(upsert)).rows).toEqual([
    { handle: "ada", age: "37" },
    { handle: "bob", age: "5" },
  ]);
  expect((await old.query("SELECT handle, age FROM users WHERE age IN (5, 37) AND id > 300 ORDER BY 1")).rows).toEqual([
    { handle: "ada", age: 37 },
    { handle: "bob", age: 5 },
  ]);
  await fresh.query("INSERT INTO calls (user_id) VALUES (1)");
  expect((await old.query("DELETE FROM visits RETURNING user_id")).rows).toEqual([{ user_id: 1 }]);
  // Rights are those of the tables.
  await fresh.query("SET ROLE pg_monitor");
  await fresh.query(
    "SELECT handle FROM users; UPDATE users SET handle = handle WHERE id = 1; INSERT INTO calls DEFAULT VALUES",
  );
  for (const sql of ["UPDATE users SET age = '1'", "DELETE FROM calls", "CREATE TABLE public_2.x ()"])
    await expect(fresh.query(sql), sql).rejects.toThrow("permission denied");
  await fresh.query("RESET ROLE");

  const ready = await catalogOf(database);
  await cutOver(segue, "2_age");
  expect(await versions(database)).toEqual({ segue_old_public_1: FIRST, public_2: SECOND });
  expect((await fresh.query("SELECT age FROM users WHERE handle = 'bob'")).rows).toEqual([{ age: "5" }]);
  await expect(old.query("SELECT age FROM users")).rejects.toThrow("does not exist");
  await segue.reverse("2_age", { to: "ready" });
  expect(await catalogDifference(ready, database)).toEqual([]);
  expect((await old.query("SELECT age FROM users WHERE handle = 'bob'")).rows).toEqual([{ age: 5 }]);
  await cutOver(segue, "2_age");
  await segue.reverse("2_age");
  expect(await catalogDifference(first, database)).toEqual([]);
  expect((await segue.latest()).schema).toBe("public_1");

  await segue.up(["2_age"]);
  await segue.contract("2_age", { yes: true });
  expect(await versions(database)).toEqual({ public_2: SECOND });
  const second = await catalogOf(database);
  // A plan that adds contracts too: the version before it goes.
  expect((await segue.up(["3_add"])).map(({ state }) => state)).toEqual(["ready"]);
  expect(await versions(database)).toEqual({ public_2: SECOND, public_3: THIRD });
  await segue.reverse("3_add");
  expect(await catalogDifference(second, database)).toEqual([]);
  await segue.up(["3_add"]);
  await segue.contract("3_add", { yes: true });
  expect(await versions(database)).toEqual({ public_3: THIRD });

  // What came after a version is in the next one, and a plan without one may not take away what a version shows.
  await segue.up(["4_late"]);
  expect(await versions(database)).toEqual({ public_3: THIRD });
  expect(await refusal(segue.expand("5_plain"))).toEqual([
    "SEG0102",
    expect.stringContaining("public.users.nick can't be dropped"),
  ]);

  // The inverse brings the version of before back, by its own name.
  expect((await segue.reverse("3_add", { accept: ["--lose-values"] })).state).toBe("ready");
  expect(await versions(database)).toEqual({
    public_2: [...SECOND.slice(0, 1), "late(id)", "users(id handle age)"],
    public_3: THIRD,
  });
  expect((await segue.latest()).schema).toBe("public_2");
  expect((await segue.reverse("3_add", { accept: ["--lose-values"] })).state).toBe("completed");
  expect(Object.keys(await versions(database))).toEqual(["public_2"]);
  await old.end();
  await fresh.end();
});

test.each(MAJORS)(
  "what a person made of a version holds up neither reversal nor drop in silence, on PostgreSQL %i",
  async (major) => {
    const database = await testDatabase({ major, script: SCHEMA });
    const plans = await planFolder({
      "1_nick.yaml": "operations: [{ add_column: { table: users, column: nick, type: text } }]",
      "2_fax.yaml": "views: true\noperations: [{ drop_column: { table: users, column: fax } }]",
      "3_age.yaml": "views: true\noperations: [{ drop_column: { table: users, column: age } }]",
      "4_view.yaml": "operations: [{ set_comment: { table: visits, comment: seen } }]",
    });
    const segue = createSegue({ url: database.url, plans, env: {}, settings: { contract: { soak: 0 } } });
    await segue.up(["1_nick"]);
    await segue.up(["2_fax"]);
    await segue.contract("2_fax", { yes: true });
    // The column that a later version shows is there to stay while that version is.
    expect(await refusal(segue.reverse("1_nick"))).toEqual([
      "SEG0105",
      "the versioned schema public_2 of 2_fax shows public.users.nick",
    ]);
    await segue.up(["4_view"]);
    expect((await segue.reverse("4_view")).state).toBe("reversed");

    await segue.up(["3_age"]);
    await database.query("CREATE TABLE public_2.notes (id int); CREATE VIEW over AS SELECT id FROM public_2.users");
    await expect(segue.contract("3_age", { yes: true })).rejects.toMatchObject({
      code: "SEG0303",
      problems: [
        {
          message: expect.stringMatching(
            /^view public\.over needs public_2\.users, which is hidden in segue_old_public_2_\w{8}$/,
          ) as string,
        },
        {
          message: expect.stringMatching(
            /^table segue_old_public_2_\w{8}\.notes was made in public_2, which is hidden as segue_old_public_2_/,
          ) as string,
        },
      ],
    });
    await segue.reverse("3_age", { to: "ready" });
    expect(await database.query("SELECT FROM public_2.notes")).toEqual([]);
    await database.query("DROP TABLE public_2.notes; DROP VIEW over");
    expect((await segue.contract("3_age", { yes: true })).state).toBe("completed");
    expect(Object.keys(await versions(database))).toEqual(["public_3"]);
    expect(await refusal(segue.reverse("2_fax", { accept: ["--lose-values"] }))).toEqual([
      "SEG0102",
      "the versioned schema public_3 is newer than what would be taken back, and may be in use",
    ]);
  },
);

test.each(MAJORS)("a schema that has the name of a version, or none to show, on PostgreSQL %i", async (major) => {
  const database = await testDatabase({ major, script: "CREATE SCHEMA public_1; CREATE TABLE none ()" });
  const plans = await planFolder({
    "1_a.yaml": "views: true\noperations: [{ set_comment: { table: none, comment: x } }]",
    "2_b.yaml": "views: true\noperations: [{ set_comment: { table: none, comment: y } }]",
  });
  const segue = createSegue({ url: database.url, plans, env: {} });
  const before = await catalogOf(database);
  expect((await refusal(segue.expand("1_a")))[0]).toBe("SEG0101");
  expect((await segue.up(["2_b"])).map(({ state }) => state)).toEqual(["completed"]);
  expect((await segue.latest()).schema).toBe("public_2");
  await segue.reverse("2_b");
  expect(await catalogDifference(before, database)).toEqual([]);
});
