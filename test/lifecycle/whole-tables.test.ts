import { describe, expect, test } from "vitest";
import { createSegue, type Segue } from "../../src/index.ts";
import { catalogDifference, catalogOf, leftBehind } from "../support/catalog-diff.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../support/postgres.ts";

const PLANS = {
  "1_rename.yaml": "operations: [{ rename_table: { from: users, to: accounts } }]",
  "2_drop.yaml": "operations: [{ drop_table: { table: faxes } }]",
  "3_drop.yaml": "operations: [{ drop_table: { table: telexes } }]",
  "0_column.yaml": "operations: [{ add_column: { table: users, column: note, type: text } }]",
  "5_column.yaml": "operations: [{ add_column: { table: accounts, column: note, type: text } }]",
  "6_create.yaml": "operations: [{ create_table: { table: faxes, columns: { id: { type: int } } } }]",
};

const SCHEMA = `
  CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users SELECT i, 'user ' || i FROM generate_series(1, 100) AS i;
  CREATE TABLE faxes (id serial PRIMARY KEY, body text); INSERT INTO faxes (body) SELECT 'fax ' || i FROM generate_series(1, 100) AS i;
  CREATE TABLE telexes (id serial PRIMARY KEY, body text);`;

async function started(major: number, more = ""): Promise<{ database: TestDatabase; segue: Segue }> {
  const database = await testDatabase({ major, script: `${SCHEMA} ${more}` });
  const settings = { contract: { soak: 0 } };
  return { database, segue: createSegue({ url: database.url, plans: await planFolder(PLANS), env: {}, settings }) };
}

/** Up to the drop, which is not confirmed. */
async function toSoak(segue: Segue, plan: string): Promise<void> {
  await segue.up([plan]);
  await expect(segue.contract(plan)).rejects.toMatchObject({ code: "SEG0306" });
}

const problemsOf = async (work: Promise<unknown>): Promise<readonly string[]> => {
  const error = await work.then(
    () => null,
    (thrown: { code: string; problems: readonly { message: string }[] }) => thrown,
  );
  return error === null ? [] : [error.code, ...error.problems.map(({ message }) => message)];
};

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a function that names the old table, and a view over the new one's view, hold the contract of a renaming up", async () => {
    const { database, segue } = await started(
      major,
      "CREATE FUNCTION counts() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM users'",
    );
    await segue.up(["1_rename"]);
    expect((await segue.plan("1_rename")).program.warnings.join()).toContain(
      "function public.counts() names public.users",
    );
    await database.query("CREATE VIEW early AS SELECT * FROM accounts");
    expect(await problemsOf(segue.contract("1_rename"))).toEqual([
      "SEG0303",
      "✖ dependents: function public.counts() names public.users; view public.early was made over the view public.accounts, which goes",
    ]);
    await database.query("DROP VIEW early");
    await database.query(
      "CREATE OR REPLACE FUNCTION counts() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM accounts'",
    );
    await toSoak(segue, "1_rename");
    expect(await database.query("SELECT counts()::int AS n")).toEqual([{ n: 100 }]);

    // What is made over the view while it soaks is found before the drop begins.
    await database.query("CREATE VIEW late AS SELECT * FROM users");
    expect(await problemsOf(segue.contract("1_rename", { yes: true }))).toEqual([
      "SEG0303",
      "view public.late needs the view public.users",
    ]);
    await database.query("DROP VIEW late");
    expect(await segue.contract("1_rename", { yes: true })).toMatchObject({ state: "completed" });
    await expect(database.query("SELECT FROM users")).rejects.toThrow("does not exist");
    await database.query("COPY accounts TO '/dev/null'");
  });

  test("a completed renaming is taken back by one the other way", async () => {
    const { database, segue } = await started(major);
    const before = await catalogOf(database);
    await toSoak(segue, "1_rename");
    await segue.contract("1_rename", { yes: true });
    expect(await segue.reverse("1_rename")).toMatchObject({ plan: "1_rename~inverse", state: "ready" });
    expect(await database.query("UPDATE users SET name = 'x' WHERE id = 1 RETURNING id")).toEqual([{ id: 1 }]);
    expect(await segue.reverse("1_rename", { yes: true })).toMatchObject({ state: "completed" });
    expect(await catalogDifference(before, database)).toEqual([]);
  });

  test("another rollout of the table is refused under either name, until this one is over", async () => {
    const { segue } = await started(major);
    await segue.up(["1_rename"]);
    await expect(segue.expand("0_column")).rejects.toMatchObject({ code: "SEG0105" });
    await expect(segue.expand("5_column")).rejects.toMatchObject({ code: "SEG0105" });
    await toSoak(segue, "1_rename");
    await expect(segue.expand("5_column")).rejects.toMatchObject({ code: "SEG0105" });
    await segue.contract("1_rename", { yes: true });
    expect(await segue.expand("5_column")).toMatchObject({ state: "expanded" });
  });

  test("a hidden table fails who still uses it, and keeps its name from other plans", async () => {
    const { database, segue } = await started(major);
    const before = await catalogOf(database);
    const writer = await database.connect();
    const write = () => writer.query({ name: "write", text: "INSERT INTO faxes (body) VALUES ('late')" });
    await write();
    await toSoak(segue, "2_drop");
    await expect(write()).rejects.toThrow('relation "faxes" does not exist');
    expect((await segue.status("2_drop"))[0]).toMatchObject({ state: "soaking", mayRun: "new" });
    await expect(segue.expand("6_create")).rejects.toMatchObject({ code: "SEG0105" });
    expect(await segue.reverse("2_drop")).toMatchObject({ state: "reversed" });
    await write();
    expect(await database.query("SELECT count(*)::int AS n, max(id) AS last FROM faxes")).toEqual([
      { n: 102, last: 102 },
    ]);
    expect(await catalogDifference(before, database)).toEqual([]);
    expect(await leftBehind(database)).toEqual([]);
  });

  test("two tables are hidden by two rollouts at one moment, and one comes back while the other goes", async () => {
    const { database, segue } = await started(major);
    await segue.up(["2_drop"]);
    await segue.up(["3_drop"]);
    await Promise.all([toSoak(segue, "2_drop"), toSoak(segue, "3_drop")]);
    const hidden =
      "SELECT count(*)::int AS n FROM pg_class WHERE relnamespace = to_regnamespace('segue_hidden') AND relkind = 'r'";
    expect(await database.query(hidden)).toEqual([{ n: 2 }]);
    const [back, gone] = await Promise.all([segue.reverse("2_drop"), segue.contract("3_drop", { yes: true })]);
    expect([back.state, gone.state]).toEqual(["reversed", "completed"]);
    expect(await leftBehind(database)).toEqual([]);
    expect(await database.query("SELECT count(*)::int AS n FROM faxes")).toEqual([{ n: 100 }]);
  });

  test("what comes to need a table between expand and contract is found before it is hidden, and before it is dropped", async () => {
    const { database, segue } = await started(major);
    await segue.up(["2_drop"]);
    await database.query("CREATE TABLE pages (fax int REFERENCES faxes)");
    expect(await problemsOf(segue.contract("2_drop"))).toEqual([
      "SEG0303",
      "✖ dependents: foreign key pages_fax_fkey on public.pages needs public.faxes",
    ]);
    await database.query("DROP TABLE pages");
    await toSoak(segue, "2_drop");
    const [hidden] = await database.query<{ name: string }>(
      "SELECT oid::regclass::text AS name FROM pg_class WHERE relnamespace = 'segue_hidden'::regnamespace AND relkind = 'r'",
    );
    const name = hidden?.name ?? "";
    await database.query(`CREATE VIEW peeks AS SELECT * FROM ${name}`);
    expect(await problemsOf(segue.contract("2_drop", { yes: true }))).toEqual([
      "SEG0303",
      `view public.peeks needs public.faxes, which is hidden as ${name}`,
    ]);
    await database.query("DROP VIEW peeks");
    expect(await segue.contract("2_drop", { yes: true })).toMatchObject({ state: "completed" });
    expect(await problemsOf(segue.reverse("2_drop"))).toEqual([
      "SEG0304",
      "the rows of public.faxes are gone: a backup has them",
    ]);
  });

  test("what needs a table is told before anything runs", async () => {
    const { database, segue } = await started(
      major,
      "CREATE TABLE pages (fax int REFERENCES faxes); CREATE VIEW bodies AS SELECT body FROM faxes",
    );
    const before = await catalogOf(database);
    expect(await problemsOf(segue.expand("2_drop"))).toEqual([
      "SEG0102",
      "public.faxes can't be dropped: these 2 need it",
      "foreign key pages_fax_fkey on public.pages",
      "view public.bodies",
    ]);
    expect(await catalogDifference(before, database)).toEqual([]);
  });
});
