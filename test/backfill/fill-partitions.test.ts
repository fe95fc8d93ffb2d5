import { expect, test } from "vitest";
import { runFill } from "../../src/backfill/run-fill.ts";
import { runVerification } from "../../src/backfill/run-verification.ts";
import { MAJORS, type TestDatabase } from "../support/postgres.ts";
import { centsOf, dawdling, fillContext, fillDatabase, once, slowly } from "./fill-database.ts";

async function partitioned(major?: number): Promise<TestDatabase> {
  const database = await fillDatabase(major === undefined ? {} : { major });
  await database.query(`
    CREATE TABLE sales (id bigint, region text, amount text, cents bigint, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
    CREATE TABLE sales_eu PARTITION OF sales FOR VALUES IN ('eu');
    CREATE TABLE sales_us PARTITION OF sales FOR VALUES IN ('us') PARTITION BY RANGE (id);
    CREATE TABLE sales_us_1 PARTITION OF sales_us FOR VALUES FROM (0) TO (5000);
    CREATE TABLE sales_us_2 PARTITION OF sales_us FOR VALUES FROM (5000) TO (1000000);
    CREATE TABLE sales_none PARTITION OF sales DEFAULT;
    INSERT INTO sales SELECT g, CASE g % 2 WHEN 0 THEN 'eu' ELSE 'us' END, g || '.10', NULL FROM generate_series(1, 40000) AS g`);
  return database;
}

/** What a load does that swaps a leaf for a table of its own. */
const SWAP = `
  BEGIN;
  ALTER TABLE sales DETACH PARTITION sales_eu;
  ALTER TABLE sales_eu RENAME TO sales_eu_old;
  ALTER TABLE loaded RENAME TO sales_eu;
  ALTER TABLE sales ATTACH PARTITION sales_eu FOR VALUES IN ('eu');
  COMMIT`;

const left = "SELECT count(*)::int AS n FROM sales WHERE cents IS NULL";

test.each(MAJORS)("a partitioned table is filled leaf by leaf on PostgreSQL %s", async (major) => {
  const database = await partitioned(major);
  expect(await runFill(await fillContext(database), centsOf("sales"))).toEqual({ rows: 40_000, quarantined: 0 });
  expect(await database.query(left)).toEqual([{ n: 0 }]);
  expect(await database.query("SELECT table_name, rows_done::int AS rows, state FROM segue.extent ORDER BY 1")).toEqual(
    [
      { table_name: "sales_eu", rows: 20_000, state: "done" },
      { table_name: "sales_none", rows: 0, state: "done" },
      { table_name: "sales_us_1", rows: 2_500, state: "done" },
      { table_name: "sales_us_2", rows: 17_500, state: "done" },
    ],
  );
  const verification = {
    table: { schema: "public", name: "sales" },
    title: "",
    mismatch: "segue_row.cents <> segue_row.id * 100 + 10",
  };
  expect(await runVerification(await fillContext(database), verification)).toEqual({
    rows: 40_000,
    mismatches: 0,
    samples: [],
  });
});

test("a leaf attached while the fill runs is filled, and one dropped meanwhile is no failure", async () => {
  const database = await partitioned();
  await database.query(
    "CREATE TABLE sales_asia (LIKE sales INCLUDING ALL); INSERT INTO sales_asia SELECT g, 'asia', '1.00' FROM generate_series(1, 100) AS g",
  );
  const context = await fillContext(database, {
    settings: slowly,
    intents: once(async () => {
      await database.query("ALTER TABLE sales ATTACH PARTITION sales_asia FOR VALUES IN ('asia')");
      await database.query("DROP TABLE sales_us_2");
    }),
  });
  const result = await runFill(context, dawdling("sales", [10_000, 20_000]));
  expect(result.quarantined).toBe(0);
  expect(await database.query(left)).toEqual([{ n: 0 }]);
  expect(await database.query("SELECT rows_done::int AS n FROM segue.extent WHERE table_name = 'sales_asia'")).toEqual([
    { n: 100 },
  ]);
});

test("a leaf that takes the place and name of one that was done while the fill runs is filled", async () => {
  const database = await partitioned();
  await database.query(
    "CREATE TABLE loaded (LIKE sales INCLUDING ALL); INSERT INTO loaded SELECT g, 'eu', '1.00' FROM generate_series(2, 200, 2) AS g",
  );
  const context = await fillContext(database, {
    settings: slowly,
    emit: (event) => {
      // The leaf before this one is done.
      if (event.type !== "swept" || event.table.name !== "sales_none") return;
      swapped ??= database.query(SWAP);
    },
  });
  let swapped: Promise<unknown> | undefined;
  const result = await runFill(context, dawdling("sales", [10_001, 20_001]));
  await swapped;
  expect(result.quarantined).toBe(0);
  expect(await database.query("SELECT count(*)::int AS rows, count(cents)::int AS filled FROM sales_eu")).toEqual([
    { rows: 100, filled: 100 },
  ]);
  expect(context.events).toContainEqual({ type: "restarted", table: { schema: "public", name: "sales_eu" } });
});

test("a leaf that takes the place and name of one that was verified is verified", async () => {
  const database = await partitioned();
  await runFill(await fillContext(database), centsOf("sales"));
  await database.query(
    "CREATE TABLE loaded (LIKE sales INCLUDING ALL); INSERT INTO loaded SELECT g, 'eu', '1.00' FROM generate_series(2, 200, 2) AS g",
  );
  const context = await fillContext(database, { intents: once(() => database.query(SWAP)) });
  const verification = {
    table: { schema: "public", name: "sales" },
    title: "",
    // The leaves after the first one take their time.
    mismatch:
      "segue_row.cents IS NULL OR segue_row.region = 'us' AND segue_row.id % 5000 = 1 AND pg_sleep(0.3) IS NULL",
  };
  expect(await runVerification(context, verification)).toMatchObject({ rows: 20_100, mismatches: 100 });
});

test("a bad row of a leaf is filed under the table by its primary key, and retried there", async () => {
  const database = await partitioned();
  await database.query("UPDATE sales SET amount = 'x' WHERE id IN (7, 8)");
  expect(await runFill(await fillContext(database), centsOf("sales"))).toEqual({ rows: 39_998, quarantined: 2 });
  expect(await database.query("SELECT table_name, row_key FROM segue.quarantine ORDER BY row_key")).toEqual([
    { table_name: "sales", row_key: { id: 7, region: "us" } },
    { table_name: "sales", row_key: { id: 8, region: "eu" } },
  ]);
  await database.query("UPDATE sales SET amount = '1.00' WHERE id = 8");
  expect(await runFill(await fillContext(database), centsOf("sales"))).toEqual({ rows: 39_999, quarantined: 1 });
  expect(await database.query("SELECT cents FROM sales WHERE id = 8")).toEqual([{ cents: "100" }]);
});

test("a foreign leaf is refused before anything is filled", async () => {
  const database = await partitioned();
  await database.query(`
    CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER elsewhere FOREIGN DATA WRAPPER nothing;
    ALTER TABLE sales DROP CONSTRAINT sales_pkey;
    CREATE FOREIGN TABLE sales_far PARTITION OF sales FOR VALUES IN ('far') SERVER elsewhere`);
  await expect(runFill(await fillContext(database), centsOf("sales"))).rejects.toMatchObject({
    code: "SEG0103",
    object: "public.sales_far",
  });
  expect(await database.query("SELECT count(*)::int AS n FROM sales_eu WHERE cents IS NOT NULL")).toEqual([{ n: 0 }]);
});
