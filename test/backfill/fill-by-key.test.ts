import { expect, test } from "vitest";
import { runFill } from "../../src/backfill/run-fill.ts";
import { runVerification } from "../../src/backfill/run-verification.ts";
import { MAJORS, type TestDatabase } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import { centsOf, dawdling, fillContext, fillDatabase, slowly } from "./fill-database.ts";

/** An access method that is not called heap, though it is one. */
async function otherStorage(rows: number, major?: number): Promise<TestDatabase> {
  const database = await fillDatabase(major === undefined ? {} : { major });
  await database.query(`
    CREATE ACCESS METHOD other TYPE TABLE HANDLER heap_tableam_handler;
    CREATE TABLE sales (amount text, "Region" text, id numeric, cents bigint, PRIMARY KEY ("Region", id)) USING other;
    INSERT INTO sales SELECT g || '.10', CASE g % 3 WHEN 0 THEN 'ß''\\' ELSE 'us' END, g FROM generate_series(1, ${rows}) AS g`);
  return database;
}

const left = "SELECT count(*)::int AS n FROM sales WHERE cents IS NULL";

test.each(MAJORS)("a table that is no heap is walked by its composite key on PostgreSQL %s", async (major) => {
  const database = await otherStorage(30_000, major);
  expect(await runFill(await fillContext(database), centsOf("sales"))).toEqual({ rows: 30_000, quarantined: 0 });
  expect(await database.query(left)).toEqual([{ n: 0 }]);
  expect(await database.query("SELECT method, swept FROM segue.extent")).toEqual([{ method: "key", swept: true }]);
  const verification = {
    table: { schema: "public", name: "sales" },
    title: "",
    mismatch: "segue_row.cents <> segue_row.id * 100 + 10",
  };
  expect(await runVerification(await fillContext(database), verification)).toEqual({
    rows: 30_000,
    mismatches: 0,
    samples: [],
  });
});

test("goes on behind the last key after an abort", async () => {
  const database = await otherStorage(30_000);
  const first = await fillContext(database, {
    settings: slowly,
    emit: (event) => {
      if (event.type === "progress" && event.rows > 3_000) first.abort();
    },
  });
  await expect(runFill(first, dawdling("sales", [9_998, 10_001]))).rejects.toMatchObject({ code: "SEG0309" });
  const [extent] = await database.query("SELECT rows_done::int AS n, cursor_key FROM segue.extent");
  expect(extent!["n"]).toBeLessThan(30_000);
  expect(extent!["cursor_key"]).toHaveProperty("Region");
  expect(await runFill(await fillContext(database), centsOf("sales"))).toEqual({ rows: 30_000, quarantined: 0 });
});

test("bad rows are put aside and locked rows are waited for", async () => {
  const database = await otherStorage(2_000);
  await database.query("UPDATE sales SET amount = 'x' WHERE id IN (3, 1999)");
  const client = await database.connect();
  await client.query("BEGIN");
  await client.query("SELECT FROM sales WHERE id = 1000 FOR UPDATE");
  const context = await fillContext(database);
  const fill = runFill(context, centsOf("sales"));
  await until(async () => context.events.some((event) => event.type === "locked"));
  await client.query("COMMIT");
  expect(await fill).toEqual({ rows: 1_998, quarantined: 2 });
  const verification = {
    table: { schema: "public", name: "sales" },
    title: "",
    mismatch: "segue_row.cents <> (segue_row.amount::numeric * 100)",
  };
  const verified = await runVerification(await fillContext(database), verification);
  expect(verified).toMatchObject({ rows: 2_000, mismatches: 2 });
  expect(verified.samples.toSorted()).toEqual([
    '{"id": 1999, "Region": "us"}: invalid input syntax for type numeric: "x"',
    '{"id": 3, "Region": "ß\'\\\\"}: invalid input syntax for type numeric: "x"',
  ]);
});

test("a row that a client holds costs its page one wait; the page's other rows are filled at once", async () => {
  const database = await otherStorage(2_000);
  const client = await database.connect();
  await client.query("BEGIN");
  await client.query("SELECT FROM sales WHERE id % 100 = 0 FOR UPDATE");
  const context = await fillContext(database, {
    emit: (event) => {
      if (event.type === "locked") void client.query("COMMIT");
    },
  });
  const send = context.session.script.bind(context.session);
  let pages = 0;
  let waits = 0;
  let sweeping = false;
  context.session.script = async (sql) => {
    sweeping ||= sql.includes("stripes = 1");
    const isPage = sql.includes("page AS") && !sweeping;
    try {
      const results = await send(sql);
      if (isPage) pages += 1;
      return results;
    } catch (error) {
      if (isPage) waits += 1;
      throw error;
    }
  };
  expect(await runFill(context, centsOf("sales"))).toEqual({ rows: 2_000, quarantined: 0 });
  expect(waits).toBeGreaterThan(0);
  expect(waits).toBeLessThanOrEqual(pages);
  expect(pages).toBeLessThan(30);
});

test("without a key to walk it by, it is refused", async () => {
  const database = await otherStorage(10);
  await database.query("ALTER TABLE sales DROP CONSTRAINT sales_pkey");
  await expect(runFill(await fillContext(database), centsOf("sales"))).rejects.toMatchObject({ code: "SEG0103" });
});
