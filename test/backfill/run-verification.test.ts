import { expect, test } from "vitest";
import { runVerification } from "../../src/backfill/run-verification.ts";
import { MAJORS } from "../support/postgres.ts";
import { fillContext, once, paymentsDatabase, sessionSettings } from "./fill-database.ts";

const agree = {
  table: { schema: "public", name: "payments" },
  title: "cents and amount agree",
  mismatch: "segue_row.cents IS DISTINCT FROM (segue_row.amount::numeric * 100)::bigint",
};

test.each(MAJORS)("counts every row and every mismatch on PostgreSQL %s, and writes nothing", async (major) => {
  const database = await paymentsDatabase(50_000, { major });
  const context = await fillContext(database);
  const before = await sessionSettings(context.session);
  const empty = await runVerification(context, agree);
  expect(empty).toMatchObject({ rows: 50_000, mismatches: 50_000 });
  expect(empty.samples).toHaveLength(10);
  await database.query("UPDATE payments SET amount = amount");
  await database.query(
    "INSERT INTO payments SELECT id + 50000, customer, created_at, amount, note FROM payments WHERE id <= 10000",
  );
  expect(await runVerification(context, agree)).toEqual({ rows: 60_000, mismatches: 0, samples: [] });
  expect(await sessionSettings(context.session)).toEqual(before);
  expect(context.events.at(-1)).toMatchObject({ type: "progress", stage: "verify", fraction: 1, rows: 60_000 });
});

test("finds single wrong rows by key, and one for which the predicate fails or says nothing", async () => {
  const database = await paymentsDatabase(50_000);
  await database.query("UPDATE payments SET amount = amount");
  await database.query("ALTER TABLE payments DISABLE TRIGGER USER");
  await database.query("UPDATE payments SET cents = 1 WHERE id = 30000");
  await database.query("UPDATE payments SET amount = 'x' WHERE id = 40000");
  const { rows, mismatches, samples } = await runVerification(await fillContext(database), agree);
  expect({ rows, mismatches }).toEqual({ rows: 50_000, mismatches: 2 });
  expect(samples.toSorted()).toEqual(['{"id": 30000}', '{"id": 40000}: invalid input syntax for type numeric: "x"']);
  await database.query("UPDATE payments SET amount = NULL, cents = NULL WHERE id = 40000");
  const unknown = { ...agree, mismatch: "segue_row.cents <> (segue_row.amount::numeric * 100)::bigint" };
  expect(await runVerification(await fillContext(database), unknown)).toMatchObject({ mismatches: 2 });
});

test("a rewrite in the middle begins the count again", async () => {
  const database = await paymentsDatabase(50_000);
  const context = await fillContext(database, { intents: once(() => database.query("VACUUM FULL payments")) });
  // Slow enough to be met in the middle.
  const slow = { ...agree, mismatch: "segue_row.id % 5000 = 0 AND pg_sleep(0.2) IS NULL" };
  expect(await runVerification(context, slow)).toMatchObject({ rows: 50_000, mismatches: 0 });
  expect(context.events.filter((event) => event.type === "restarted")).toHaveLength(1);
});

test("an abort ends it at the next boundary", async () => {
  const database = await paymentsDatabase(10_000);
  const context = await fillContext(database);
  context.abort();
  await expect(runVerification(context, agree)).rejects.toMatchObject({ code: "SEG0309" });
});
