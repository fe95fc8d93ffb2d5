import { expect, test } from "vitest";
import { createSegue, type Segue } from "../../src/index.ts";
import { catalogDifference, catalogOf } from "../support/catalog-diff.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../support/postgres.ts";
import { until } from "../support/until.ts";

const SCHEMA = `
  create table users (id int primary key, name text, note text);
  insert into users select i, 'n' || i, 'm' || i from generate_series(1, 20) i;
  create view names as select id, name from users;
  create view notes as select name, note from users where note is not null`;
const PLAN = `operations:
  - rename_column: { table: users, from: name, to: nick }
  - rename_column: { table: users, from: note, to: remark }
`;

async function placeOf(
  major: number,
  plan = PLAN,
  script = SCHEMA,
): Promise<{ readonly database: TestDatabase; readonly segue: Segue }> {
  const database = await testDatabase({ major, script });
  const plans = await planFolder({ "1_rename.yaml": plan });
  const segue = createSegue({ url: database.url, plans, cwd: plans, env: {}, settings: { contract: { soak: 0 } } });
  return { database, segue };
}

const toSoak = async (segue: Segue): Promise<void> => {
  await expect(segue.contract("1_rename")).rejects.toMatchObject({ code: "SEG0306" });
};
const textOf = async (database: TestDatabase, view: string): Promise<string> => {
  const [row] = await database.query<{ text: string }>("select pg_get_viewdef($1::regclass) as text", [view]);
  return (row?.text ?? "").replaceAll(/\s+/g, " ").replaceAll("users.", "").trim();
};

test.each(MAJORS)("plan says which views follow, and what that locks, on PostgreSQL %s", async (major) => {
  const { segue } = await placeOf(major);
  const { program } = await segue.plan("1_rename");
  expect(program.warnings).toEqual(
    expect.arrayContaining([
      "view public.names reads nick in place of name from the cut-over on, which locks it for a moment",
      "view public.notes reads nick in place of name from the cut-over on, which locks it for a moment",
      "view public.notes reads remark in place of note from the cut-over on, which locks it for a moment",
    ]),
  );
  const view = (name: string) => ({
    relation: { schema: "public", name },
    mode: "ACCESS EXCLUSIVE",
    alongside: true,
  });
  const locks = [
    { relation: { schema: "public", name: "users" }, mode: "ACCESS EXCLUSIVE" },
    view("names"),
    view("notes"),
  ];
  expect(program.cutover.map((step) => ("locks" in step ? step.locks : []))).toEqual([locks]);
  expect(program.cutover[0]?.undo.map((step) => ("locks" in step ? step.locks.length : 0))).toEqual([3]);
});

test.each(MAJORS)(
  "views made before the cut-over follow, too, and the drop finds none on PostgreSQL %s",
  async (major) => {
    const { database, segue } = await placeOf(major);
    await segue.up(["1_rename"]);
    await database.query("create view late as select id, name || note as whole from users");
    await toSoak(segue);
    expect(await textOf(database, "late")).toBe("SELECT id, (nick || remark) AS whole FROM users;");
    expect(await textOf(database, "notes")).toBe(
      "SELECT nick AS name, remark AS note FROM users WHERE (remark IS NOT NULL);",
    );
    expect(await segue.contract("1_rename", { yes: true })).toMatchObject({ state: "completed" });
    expect(await database.query("select whole from late order by id limit 1")).toEqual([{ whole: "n1m1" }]);
  },
);

test.each(MAJORS)(
  "views made in the soak over the new name go back to the old one with those that stood before on PostgreSQL %s",
  async (major) => {
    const { database, segue } = await placeOf(major);
    const before = await catalogOf(database);
    await segue.up(["1_rename"]);
    await toSoak(segue);
    await database.query(`create view fresh as select nick from users;
      create view joined as select u.id from users u join users b using (nick)`);
    await segue.reverse("1_rename");
    expect(await textOf(database, "fresh")).toBe("SELECT name AS nick FROM users;");
    await database.query("drop view fresh, joined");
    expect(await catalogDifference(before, database)).toEqual([]);
  },
);

test.each(MAJORS)(
  "a view that reads both names holds the contract up until it reads one on PostgreSQL %s",
  async (major) => {
    const { database, segue } = await placeOf(major);
    await segue.up(["1_rename"]);
    await database.query("create view doubled as select coalesce(nick, name) as called from users");
    await expect(segue.contract("1_rename")).rejects.toMatchObject({
      code: "SEG0303",
      problems: expect.arrayContaining([
        {
          message:
            "✖ dependents: view public.doubled names public.users.name, and can't follow to nick: it reads nick as well: let it read that alone",
        },
      ]) as unknown,
    });
    await database.query("create or replace view doubled as select nick as called from users");
    await toSoak(segue);
    expect(await textOf(database, "doubled")).toBe("SELECT nick AS called FROM users;");
  },
);

test.each(MAJORS)(
  "a view that can't follow is refused, and where a person passes over it, it stops the drop on PostgreSQL %s",
  async (major) => {
    const script = `${SCHEMA}; create view positions as select b from users as u (a, b, c)`;
    const refused = await placeOf(major, PLAN, script);
    const before = await catalogOf(refused.database);
    await expect(refused.segue.expand("1_rename")).rejects.toMatchObject({
      code: "SEG0102",
      problems: expect.arrayContaining([
        {
          message:
            "view public.positions names the column: it gives the columns of the table other names by their position",
        },
      ]) as unknown,
    });
    expect(await catalogDifference(before, refused.database)).toEqual([]);

    const { database, segue } = await placeOf(
      major,
      `settings: { ignore_dependents: [public.positions] }\n${PLAN}`,
      script,
    );
    await segue.up(["1_rename"]);
    await expect(segue.contract("1_rename", { yes: true })).rejects.toMatchObject({
      code: "SEG0303",
      problems: [
        {
          message: expect.stringMatching(
            /^view public\.positions reads public\.users\.name, which is hidden/,
          ) as string,
        },
      ],
    });
    expect(await textOf(database, "names")).toBe("SELECT id, nick AS name FROM users;");
    expect(await segue.reverse("1_rename")).toMatchObject({ state: "reversed" });
    expect(await textOf(database, "names")).toBe("SELECT id, name FROM users;");
  },
);

test.each(MAJORS)(
  "the views are waited for while nobody waits for the table, there and back, on PostgreSQL %s",
  async (major) => {
    const { database, segue } = await placeOf(major);
    await segue.up(["1_rename"]);
    const reader = await database.connect();
    const whileHeld = async (view: string, verb: () => Promise<unknown>): Promise<void> => {
      await reader.query(`begin; create temp view held as select 1 as one from ${view}`);
      const done = verb().catch((error: unknown) => error);
      await until(async () => {
        const locks = await database.query<{ name: string; granted: boolean }>(
          `select relation::regclass::text as name, granted from pg_locks
            where locktype = 'relation' and mode = 'AccessExclusiveLock' and relation in ('users'::regclass, $1::regclass)`,
          [view],
        );
        expect(locks.filter(({ name }) => name === "users")).toEqual([]);
        return locks.some(({ granted }) => !granted);
      });
      await reader.query("rollback");
      await done;
    };
    await whileHeld("names", () => segue.contract("1_rename"));
    expect(await textOf(database, "names")).toBe("SELECT id, nick AS name FROM users;");
    await whileHeld("names", () => segue.reverse("1_rename"));
    expect(await textOf(database, "names")).toBe("SELECT id, name FROM users;");
  },
);

test.each(MAJORS)(
  "views of a key and of what references it follow in its one transaction, and go back, on PostgreSQL %s",
  async (major) => {
    const script = `
      create table users (id int primary key, name text);
      create table orders (id int generated always as identity primary key, user_id int references users, total int);
      insert into users select i, 'n' || i from generate_series(1, 20) i;
      insert into orders (user_id, total) select i, i from generate_series(1, 20) i;
      create view names as select id, name from users;
      create view spent as select u.id, sum(total) from users u join orders o on o.user_id = u.id group by 1`;
    const plan = "operations: [rename_column: { table: users, from: id, to: number }]";
    const { database, segue } = await placeOf(major, plan, script);
    const before = await catalogOf(database);
    const { program } = await segue.plan("1_rename");
    expect(program.cutover.flatMap((step) => ("locks" in step ? step.locks : []))).toEqual(
      expect.arrayContaining([
        { relation: { schema: "public", name: "names" }, mode: "ACCESS EXCLUSIVE", alongside: true },
        { relation: { schema: "public", name: "spent" }, mode: "ACCESS EXCLUSIVE", alongside: true },
      ]),
    );
    await segue.up(["1_rename"]);
    await toSoak(segue);
    expect(await textOf(database, "names")).toBe("SELECT number AS id, name FROM users;");
    expect(await database.query("select count(*)::int from spent")).toEqual([{ count: 20 }]);
    await segue.reverse("1_rename");
    expect(await catalogDifference(before, database)).toEqual([]);
    await segue.up(["1_rename"]);
    expect(await segue.contract("1_rename", { yes: true })).toMatchObject({ state: "completed" });
    expect(await database.query("select id from names order by id limit 1")).toEqual([{ id: 1 }]);
  },
);

test.each(MAJORS)(
  "a view that two rollouts turn, each for a column of its own, goes back in any order on PostgreSQL %s",
  async (major) => {
    const database = await testDatabase({ major, script: SCHEMA });
    const plans = await planFolder({
      "1_name.yaml": "operations: [rename_column: { table: users, from: name, to: nick }]",
      "2_note.yaml": "operations: [rename_column: { table: users, from: note, to: remark }]",
    });
    const segue = createSegue({ url: database.url, plans, cwd: plans, env: {}, settings: { contract: { soak: 0 } } });
    const before = await catalogOf(database);
    for (const plan of ["1_name", "2_note"]) {
      await segue.up([plan]);
      await expect(segue.contract(plan)).rejects.toMatchObject({ code: "SEG0306" });
    }
    expect(await textOf(database, "notes")).toBe(
      "SELECT nick AS name, remark AS note FROM users WHERE (remark IS NOT NULL);",
    );
    await segue.reverse("1_name");
    expect(await textOf(database, "notes")).toBe("SELECT name, remark AS note FROM users WHERE (remark IS NOT NULL);");
    await segue.reverse("2_note");
    expect(await catalogDifference(before, database)).toEqual([]);
  },
);
