import { expect, test } from "vitest";
import { wantedOf } from "../../src/backfill/batch-sql.ts";
import { sharesOf } from "../../src/backfill/page-shares.ts";
import { stripesOf } from "../../src/backfill/stripes.ts";
import { dealWindow, PLAIN, type Window } from "../../src/backfill/window-stripes.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../support/postgres.ts";
import { workOn } from "./fill-database.ts";

const ROWS = 12_000;
const NUMBERS = `SELECT n FROM generate_series(1, ${ROWS}) AS n`;

const work = workOn("things", { set: [], where: "true" });

const TABLES: [what: string, script: string, pointers: number][] = [
  ["pages without gaps", `INSERT INTO things ${NUMBERS}`, 58],
  ["rows in no order of their key", `INSERT INTO things ${NUMBERS} ORDER BY hashint4(n)`, 58],
  ["no key", `ALTER TABLE things DROP CONSTRAINT things_pkey; INSERT INTO things ${NUMBERS}`, 58],
  [
    "gaps, and rows that have moved within their page",
    `INSERT INTO things ${NUMBERS}; DELETE FROM things WHERE id % 3 = 0; VACUUM things; UPDATE things SET v = 1`,
    110,
  ],
];

test.each(MAJORS.flatMap((major) => TABLES.map((table) => [major, ...table] as const)))(
  "PostgreSQL %s, %s: each row of a window is in one of its statements",
  async (major, _what, script, pointers) => {
    const database = await things(script, major);
    const found = await rowsOf(database, dealt({ from: 3, to: 50 }, pointers));
    expect(found.length).toBeGreaterThan(900);
    expect(found).toEqual(
      await database.query(`SELECT id::text FROM things WHERE ctid >= '(3,0)' AND ctid < '(50,0)' ORDER BY things.id`),
    );
  },
);

test("rows of pages that are fuller than the deal is for are left to the sweep, and found once if at all", async () => {
  const database = await things(
    `INSERT INTO things ${NUMBERS}; INSERT INTO things SELECT n, '' FROM generate_series(${ROWS + 1}, 20000) AS n`,
  );
  const found = await rowsOf(database, dealt({ from: 0, to: 1_000 }));
  expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
  expect(found.length).toBeGreaterThan(ROWS);
  expect(found.length).toBeLessThan(20_000);
});

test("a window that is filled in one statement has all rows in it", () => {
  const window = dealWindow({ from: 0, to: 3 }, PLAIN);
  expect(window.steps).toEqual([{ from: 0, to: 3, stripe: null, staying: 0 }]);
});

test("a window that shrinks goes on with the same stripe: its statements are as many, over fewer blocks", async () => {
  const database = await things(`INSERT INTO things ${NUMBERS}`);
  const large = dealt({ from: 0, to: 100 });
  for (const blocks of [60, 9, 2, 1]) {
    const small = dealt({ from: 0, to: blocks });
    expect(small.steps.map(({ stripe }) => stripe)).toEqual(large.steps.map(({ stripe }) => stripe));
    const found = await rowsOf(database, small);
    expect(found).toEqual(
      await database.query(`SELECT id::text FROM things WHERE ctid < '(${blocks},0)' ORDER BY things.id`),
    );
  }
});

test("all rows of the first stripe leave their pages, and those of the others stay", () => {
  const { steps } = dealt({ from: 0, to: 64 });
  const first = steps[0]?.stripe;
  expect(steps.every(({ staying, stripe }) => staying === (stripe === first ? 0 : 1))).toBe(true);
});

test("a window of no rows has statements that find none", async () => {
  const database = await things(`INSERT INTO things ${NUMBERS}; DELETE FROM things WHERE id < 9000`);
  expect(await rowsOf(database, dealt({ from: 0, to: 20 }))).toEqual([]);
});

async function things(script: string, major = 18): Promise<TestDatabase> {
  const database = await testDatabase({ major });
  await database.query(
    "CREATE TABLE things (id int PRIMARY KEY, note text DEFAULT repeat('x', 100), v int) WITH (autovacuum_enabled = off)",
  );
  // One by one: VACUUM runs in no transaction.
  for (const statement of script.split("; ")) await database.query(statement);
  return database;
}

function dealt(blocks: { from: number; to: number }, pointers = 58): Window {
  const shares = sharesOf({ rows: 58, fillfactor: 100, growth: 8, indexes: 3 });
  const stripes = stripesOf(shares, pointers).map((stripe, n) => ({ ...shares[n]!, stripe }));
  return dealWindow(blocks, { stripes, turns: 2 });
}

async function rowsOf(database: TestDatabase, { steps }: Window): Promise<{ id: string }[]> {
  const queries = steps
    .filter(({ from, to }) => from < to)
    .map((range) => `SELECT segue_row.id FROM ONLY things AS segue_row WHERE ${wantedOf(work, range)}`);
  return await database.query(`SELECT id::text FROM (${queries.join(" UNION ALL ")}) AS found ORDER BY found.id`);
}
