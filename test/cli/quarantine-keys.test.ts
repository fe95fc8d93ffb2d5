import { expect, test } from "vitest";
import { AGE, MENDED, openRows, peopleProject } from "./quarantined.ts";
import { objects, type Project, segue } from "./segue.ts";

const keysOf = async (place: Project): Promise<unknown[]> =>
  objects(await segue(place, "quarantine", "age", "list", "--json"))
    .filter(({ type }) => type === "quarantine_row")
    .map(({ key, table }) => [table, key]);

test("keys of any text, of several columns and of large numbers are told as JSON, and found again", async () => {
  const { database, place } = await peopleProject(`
    create table people (name text, "n Th" bigint, born text, primary key (name, "n Th"));
    insert into people values ('O''Hara "Scarlett"', 9007199254740993, 'ninety'), (E'two\\nlines\\t\\x1b[31m\\u009b\\u202e', 2, 'ninety'),
      ('{"id": 1}', 3, 'ninety'), ('fine', 4, '1904')`);
  expect(await segue(place, "up", "age")).toMatchObject({ code: 1 });
  const { stdout } = await segue(place, "quarantine", "age", "list");
  expect(stdout).toContain(String.raw`public.people {"n Th": 9007199254740993, "name": "O'Hara \"Scarlett\""}`);
  expect(stdout).toContain(String.raw`public.people {"n Th": 2, "name": "two\nlines\t\u001b[31m\u009b\u202e"}`);
  expect(stdout).not.toMatch(/[^\n\P{Cc}]|\u202e/u);
  expect(await keysOf(place)).toContainEqual(["public.people", '{"n Th": 3, "name": "{\\"id\\": 1}"}']);
  await database.query(MENDED);
  expect(await segue(place, "quarantine", "age", "retry")).toMatchObject({ code: 0 });
  expect(await openRows(database)).toEqual([]);
  expect(await segue(place, "resume", "age")).toMatchObject({ code: 0 });
  expect(await segue(place, "contract", "age", "--yes")).toMatchObject({ code: 0 });
  expect(await database.query("select distinct born from people")).toHaveLength(2);
});

test("a row of a partitioned table is found in whatever partition it is by now", async () => {
  const { database, place } = await peopleProject(`
    create table people (id int primary key, born text) partition by range (id);
    create table people_low partition of people for values from (0) to (100);
    create table people_high partition of people for values from (100) to (200);
    insert into people values (7, 'ninety'), (107, 'ninety'), (108, 'old'), (9, '1909')`);
  expect(await segue(place, "up", "age")).toMatchObject({ code: 1 });
  expect(await keysOf(place)).toHaveLength(3);
  await database.query(MENDED);
  await database.query("delete from people where id = 108");
  expect(await segue(place, "quarantine", "age", "retry")).toMatchObject({ code: 0 });
  expect(await segue(place, "resume", "age")).toMatchObject({ code: 0 });
  expect(await segue(place, "contract", "age", "--yes")).toMatchObject({ code: 0 });
  expect(await database.query("select id, born from people order by id")).toEqual([
    { id: 7, born: 1990 },
    { id: 9, born: 1909 },
    { id: 107, born: 1990 },
  ]);
});

test("without a primary key a row is tried at its place, and one that has left it stays open for the backfill", async () => {
  const { database, place } = await peopleProject(`
    create table people (id int, born text);
    insert into people values (1, '1901'), (2, 'ninety'), (3, 'ninety'), (4, 'old')`);
  expect(await segue(place, "up", "age")).toMatchObject({ code: 1 });
  // Moved by an update behind the triggers' back, so that nothing but its new place tells of it.
  await database.query("alter table people disable trigger user; update people set id = 33 where id = 3");
  await database.query("alter table people enable trigger user");
  await database.query(MENDED);
  const retried = await segue(place, "quarantine", "age", "retry");
  expect(retried).toMatchObject({ code: 1 });
  expect(retried.stdout).toContain(
    `1 row of ${AGE} is settled: filled, or with nothing to fill any more; 2 are left.\n`,
  );
  expect(retried.stdout).toContain('public.people {"ctid": "(0,4)"}\n');
  expect(retried.stderr).toContain(
    `. Rows without a primary key that have been updated since are looked for by segue resume ${AGE}\n`,
  );
  await database.query("update people set born = '1904' where id = 4");
  expect(await segue(place, "resume", "age")).toMatchObject({ code: 0 });
  expect(await segue(place, "contract", "age", "--yes")).toMatchObject({ code: 0 });
  expect(await database.query("select id, born from people order by id")).toEqual([
    { id: 1, born: 1901 },
    { id: 2, born: 1990 },
    { id: 4, born: 1904 },
    { id: 33, born: 1990 },
  ]);
});

test.each(["quarantine", "resume"])(
  "a partition that is gone takes its rows out of quarantine, by %s",
  async (verb) => {
    const { database, place } = await peopleProject(`
    create table people (id int, born text) partition by range (id);
    create table people_low partition of people for values from (0) to (100);
    create table people_high partition of people for values from (100) to (200);
    insert into people values (7, 'ninety'), (107, 'old')`);
    expect(await segue(place, "up", "age")).toMatchObject({ code: 1 });
    expect(new Set(await keysOf(place))).toEqual(
      new Set([
        ["public.people_low", '{"ctid": "(0,1)"}'],
        ["public.people_high", '{"ctid": "(0,1)"}'],
      ]),
    );
    await database.query("alter table people detach partition people_high");
    await database.query(MENDED);
    if (verb === "quarantine") expect(await segue(place, verb, "age", "retry")).toMatchObject({ code: 0 });
    expect(await segue(place, "resume", "age")).toMatchObject({ code: 0 });
    expect(await openRows(database)).toEqual([]);
    expect(await database.query("select count(*)::int as n from people where born is not null")).toEqual([{ n: 1 }]);
  },
);

test("at ready a write to a table without a primary key is settled by the contract's own pass", async () => {
  const { database, place } = await peopleProject(
    "create table people (id int, born text); insert into people values (1, '1901')",
  );
  expect(await segue(place, "up", "age")).toMatchObject({ code: 0 });
  await database.query("update people set born = 'ninety'");
  await database.query("update people set born = '1990'");
  const retried = await segue(place, "quarantine", "age", "retry");
  expect(retried).toMatchObject({ code: 1 });
  expect(retried.stderr).toContain(`are looked for by segue contract ${AGE}\n`);
  expect(await segue(place, "contract", "age", "--yes")).toMatchObject({ code: 0 });
});
