import { expect, test } from "vitest";
import { wantedOf } from "../../src/backfill/batch-sql.ts";
import { stripeSizes } from "../../src/backfill/stripes.ts";
import { dealWindow, PLAIN, type Window } from "../../src/backfill/window-stripes.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../support/postgres.ts";
import { glanceAt, workOn } from "./fill-database.ts";

const TABLE = { schema: "public", name: "things" };
const ROWS = 12_000;

const work = workOn("things", { set: [], where: "true" });

const TABLES: [what: string, type: string, rows: string, indexed: boolean][] = [
  ["a key without gaps", "bigint", `SELECT n FROM generate_series(1, ${ROWS}) AS n`, true],
  [
    "a key with gaps, below zero",
    "int",
    `SELECT n - 9000 FROM generate_series(1, ${ROWS}) AS n WHERE n % 3 <> 0`,
    true,
  ],
  ["a small type, up to its end", "smallint", `SELECT n FROM generate_series(32767 - ${ROWS}, 32767) AS n`, true],
  [
    "the end of the largest type",
    "bigint",
    `SELECT 9223372036854775807 - n FROM generate_series(${ROWS}, 0, -1) AS n`,
    true,
  ],
  ["a key with too many gaps", "int", `SELECT n * 5 FROM generate_series(1, ${ROWS}) AS n`, false],
  ["a key in no order", "int", `SELECT n FROM generate_series(1, ${ROWS}) AS n ORDER BY hashint4(n)`, false],
];

test.each(MAJORS.flatMap((major) => TABLES.map((table) => [major, ...table] as const)))(
  "PostgreSQL %s, %s: each row of a window is in one of its statements",
  async (major, _what, type, rows, indexed) => {
    const database = await things(major, type, rows);
    const blocks = { from: 3, to: 50 };
    const window = await dealt(database, blocks);
    expect(window.steps.every(({ stripe }) => stripe?.indexed === indexed)).toBe(true);
    const found = await rowsOf(database, window);
    expect(found).toEqual(
      await database.query(`SELECT id::text FROM things WHERE ctid >= '(3,0)' AND ctid < '(50,0)' ORDER BY things.id`),
    );
  },
);

test("rows of elsewhere are left to the sweep, and those of the window are found all the same", async () => {
  const database = await things(18, "int", `SELECT n FROM generate_series(1, ${ROWS}) AS n`);
  // Room on a few pages, which later rows take.
  await database.query(`DELETE FROM things WHERE id IN (500, 501, 1500, 2500)`);
  await database.query("VACUUM things");
  await database.query(`INSERT INTO things SELECT n FROM generate_series(90001, 90004) AS n`);
  const window = await dealt(database, { from: 0, to: 50 });
  expect(window.steps.every(({ stripe }) => stripe?.indexed)).toBe(true);
  const found = await rowsOf(database, window);
  const all = await database.query(
    `SELECT id::text FROM things WHERE ctid < '(50,0)' AND id < 90000 ORDER BY things.id`,
  );
  // Two in a hundred of a part on either side, if it has strangers.
  expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
  expect(found.length).toBeGreaterThan(all.length * 0.94);
});

test("a window that is filled in one statement has all rows in it", async () => {
  const database = await things(18, "int", `SELECT n FROM generate_series(1, 1000) AS n`);
  const window = await dealWindow(TABLE, { from: 0, to: 3 }, PLAIN, 16, glanceAt(database));
  expect(window.steps).toEqual([{ from: 0, to: 3, stripe: null, makesRoom: false }]);
});

test("a window that shrinks goes on with the same stripe: its statements are as many, over fewer blocks", async () => {
  const database = await things(18, "int", `SELECT n FROM generate_series(1, ${ROWS}) AS n`);
  const large = await dealt(database, { from: 0, to: 100 });
  for (const blocks of [60, 9, 2, 1]) {
    const small = await dealt(database, { from: 0, to: blocks });
    expect(small.steps.map(({ makesRoom }) => makesRoom)).toEqual(large.steps.map(({ makesRoom }) => makesRoom));
    const found = await rowsOf(database, small);
    expect(found).toEqual(
      await database.query(`SELECT id::text FROM things WHERE ctid < '(${blocks},0)' ORDER BY things.id`),
    );
  }
});

test("a window is dealt by all its rows where its keys could not be looked at in time", async () => {
  const deal = { by: "id", turns: 2, rowsPerPage: 58, counting: { column: "id", sizes: [30, 28] } };
  const window = await dealWindow(TABLE, { from: 0, to: 100 }, deal, 16, () => Promise.resolve(null));
  expect(window.steps.every(({ stripe }) => stripe?.indexed === false)).toBe(true);
});

test("a window of no rows has statements that find none", async () => {
  const database = await things(18, "int", `SELECT n FROM generate_series(1, ${ROWS}) AS n`);
  await database.query("DELETE FROM things WHERE id < 9000");
  expect(await rowsOf(database, await dealt(database, { from: 0, to: 20 }))).toEqual([]);
});

async function things(major: number, type: string, rows: string): Promise<TestDatabase> {
  return await testDatabase({
    major,
    script: `CREATE TABLE things (id ${type} PRIMARY KEY, note text DEFAULT repeat('x', 100)) WITH (autovacuum_enabled = off);
      INSERT INTO things ${rows}`,
  });
}

async function dealt(database: TestDatabase, blocks: { from: number; to: number }): Promise<Window> {
  const sizes = stripeSizes({ rows: 58, fillfactor: 100, growth: 8, indexes: 3 });
  const deal = { by: "id", turns: 2, rowsPerPage: 58, counting: { column: "id", sizes } };
  return await dealWindow(TABLE, blocks, deal, 16, glanceAt(database));
}

async function rowsOf(database: TestDatabase, { steps }: Window): Promise<{ id: string }[]> {
  const queries = steps.map(
    (range) => `SELECT segue_row.id FROM ONLY things AS segue_row WHERE ${wantedOf(work, range)}`,
  );
  return await database.query(`SELECT id::text FROM (${queries.join(" UNION ALL ")}) AS found ORDER BY found.id`);
}
