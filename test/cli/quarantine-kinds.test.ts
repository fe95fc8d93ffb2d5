import { expect, test } from "vitest";
import { testDatabase, type TestDatabase } from "../support/postgres.ts";
import { objects, type Project, project, segue } from "./segue.ts";

async function planned(plan: string, script: string): Promise<{ database: TestDatabase; place: Project }> {
  const database = await testDatabase({ script });
  return { database, place: project({ files: { "plans/20261122101500_p.yaml": plan }, url: database.url }) };
}

const rowsOf = async (place: Project, ...more: readonly string[]): Promise<unknown[]> =>
  objects(await segue(place, "quarantine", "p", "list", "--json", ...more))
    .filter(({ type }) => type === "quarantine_row")
    .map(({ columns, key, source, state, step }) => ({ columns, key, source, state, step }));

/** Raises as long as it is told to. */
const HALF = `create table raising (it boolean); insert into raising values (true);
  create function half(t text) returns text language plpgsql as $$ begin
    if t = 'x' and (select it from raising) then raise exception 'no half of %', t; end if; return upper(t); end $$;`;

/** By the second way back the verification can't tell that there is no `last`. */
const WAYS_BACK = ["lower(first) || coalesce(left(last, 0), '?')", "lower(first)"];

const split = (back: string): string => `operations:
  - replace_columns:
      table: people
      add: { first: { type: text, from: upper(name) }, last: { type: text, from: half(name) } }
      remove: { name: { from: "${back}" } }
settings:
  contract: { soak: 0s }
`;

test.each(WAYS_BACK)(
  "a client's write that derived one column and not another stays open until it is written anew, back by %s",
  async (back) => {
    const { database, place } = await planned(
      split(back),
      `${HALF} create table people (id int primary key, name text); insert into people values (1, 'a'), (2, 'b')`,
    );
    expect(await segue(place, "up", "p")).toMatchObject({ code: 0 });
    await database.query("update people set name = 'x' where id = 1");
    expect(await database.query("select first, last from people where id = 1")).toEqual([{ first: "X", last: null }]);
    expect(await rowsOf(place)).toEqual([
      { columns: ["first", "last"], key: '{"id": 1}', source: "write", state: "open", step: null },
    ]);
    expect((await segue(place, "status", "p")).stdout).toContain(
      "; 1 row is in quarantine (segue quarantine 20261122101500_p list)",
    );
    const contract = await segue(place, "contract", "p", "--yes");
    expect(contract).toMatchObject({ code: 3 });
    expect(contract.stderr).toContain("1 row is in quarantine (segue quarantine 20261122101500_p list)");
    expect(await segue(place, "quarantine", "p", "retry")).toMatchObject({ code: 1 });
    await database.query("update raising set it = false");
    // It computes by now, and no fill wants a row that has half of its values.
    expect(await segue(place, "quarantine", "p", "retry")).toMatchObject({ code: 1 });
    // The old value is still there: what is missing of the new one would be lost with it.
    expect(await segue(place, "contract", "p", "--yes")).toMatchObject({ code: 3 });
    await database.query("update people set name = 'y' where id = 1; update people set name = 'x' where id = 1");
    expect(await segue(place, "quarantine", "p", "retry")).toMatchObject({ code: 0 });
    expect(await segue(place, "contract", "p", "--yes")).toMatchObject({ code: 0 });
    expect(await database.query("select first, last from people where id = 1")).toEqual([{ first: "X", last: "X" }]);
  },
);

test("nor is it settled by the backfill, which does not want it", async () => {
  const { database, place } = await planned(
    split("lower(first)"),
    `${HALF} create table people (id int primary key, name text); insert into people values (1, 'a'), (2, 'b')`,
  );
  expect(await segue(place, "expand", "p")).toMatchObject({ code: 0 });
  await database.query("update people set name = 'x' where id = 1");
  expect(await database.query("select first, last from people where id = 1")).toEqual([{ first: "X", last: null }]);
  expect(await segue(place, "backfill", "p")).toMatchObject({ code: 1 });
  await database.query("update raising set it = false");
  expect(await segue(place, "resume", "p")).toMatchObject({ code: 1 });
  expect(await rowsOf(place)).toMatchObject([{ key: '{"id": 1}', source: "write", state: "open" }]);
  await database.query("update people set name = 'y' where id = 1; update people set name = 'x' where id = 1");
  expect(await segue(place, "resume", "p")).toMatchObject({ code: 0 });
  expect(await segue(place, "contract", "p", "--yes")).toMatchObject({ code: 0 });
  expect(await database.query("select first, last from people where id = 1")).toEqual([{ first: "X", last: "X" }]);
});

test("rows of update_rows are tried again, each changed once", async () => {
  const { database, place } = await planned(
    "operations:\n  - update_rows: { table: counts, set: { n: n + 1 }, keep: true }\n",
    `create table counts (id int primary key, n int); insert into counts select i, i from generate_series(1, 9) i where i <> 6;
      alter table counts add constraint few check (n <> 6)`,
  );
  expect(await segue(place, "up", "p")).toMatchObject({ code: 1 });
  expect(await rowsOf(place)).toEqual([
    { columns: ["n"], key: '{"id": 5}', source: "fill", state: "open", step: expect.any(String) as string },
  ]);
  expect(await segue(place, "quarantine", "p", "retry")).toMatchObject({ code: 1 });
  await database.query("alter table counts drop constraint few");
  expect(await segue(place, "quarantine", "p", "retry")).toMatchObject({ code: 0 });
  expect(await segue(place, "quarantine", "p", "retry")).toMatchObject({ code: 0 });
  expect(await segue(place, "resume", "p")).toMatchObject({ code: 0 });
  expect(await database.query("select id from counts where n <> id + 1")).toEqual([]);
});

test("more rows than a message holds are named by the command that lists them", async () => {
  const { place } = await planned(
    "operations:\n  - change_type: { table: people, column: born, type: int }\n",
    "create table people (id int primary key, born text); insert into people select i, 'x' || i from generate_series(1, 30) i",
  );
  const up = await segue(place, "up", "p");
  expect(up).toMatchObject({ code: 1 });
  expect(up.stderr).toContain("and 25 more: segue quarantine 20261122101500_p list\n");
  expect(await rowsOf(place)).toHaveLength(20);
  expect(await rowsOf(place, "--limit", "30")).toHaveLength(30);
  for (const limit of ["0", "-1", "x"])
    expect(await segue(place, "quarantine", "p", "list", "--limit", limit)).toMatchObject({ code: 64 });
  expect(await segue(place, "quarantine", "p", "accept")).toMatchObject({ code: 64 });
  expect(await segue(place, "quarantine", "p", "retry", "--all")).toMatchObject({ code: 64 });
});
