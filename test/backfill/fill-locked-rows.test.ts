import { expect, test } from "vitest";
import { runFill } from "../../src/backfill/run-fill.ts";
import { until } from "../support/until.ts";
import { centsOf, fillContext, paymentsDatabase, WRONG } from "./fill-database.ts";

const empty = "SELECT count(*)::int AS n FROM payments WHERE cents IS NULL";

test("a row that a client holds is passed over, named, and filled once it is free; the client never waits", async () => {
  const database = await paymentsDatabase(50_000);
  const client = await database.connect({ application_name: "holder" });
  await client.query("BEGIN");
  await client.query("SELECT FROM payments WHERE id IN (20000, 20001, 40000) FOR UPDATE");
  const context = await fillContext(database);
  const fill = runFill(context, centsOf("payments"));
  await until(async () => context.events.some((event) => event.type === "locked" && event.blockers.length > 0));
  expect(await database.query(empty)).toEqual([{ n: 3 }]);
  const locked = context.events.find((event) => event.type === "locked" && event.blockers.length > 0);
  expect(locked).toMatchObject({ blockers: [{ application: "holder", state: "idle in transaction" }] });

  const started = performance.now();
  await client.query("UPDATE payments SET note = 'mine' WHERE id IN (20000, 40000)");
  expect(performance.now() - started).toBeLessThan(500);
  await client.query("COMMIT");
  expect(await fill).toMatchObject({ quarantined: 0 });
  expect(await database.query(`SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`)).toEqual([{ n: 0 }]);
});

test("a table that is locked as a whole is waited for; no page is passed over and no one queues behind the fill for long", async () => {
  const database = await paymentsDatabase(20_000);
  const client = await database.connect();
  await client.query("BEGIN");
  await client.query("LOCK TABLE payments IN ACCESS EXCLUSIVE MODE");
  const context = await fillContext(database);
  const fill = runFill(context, centsOf("payments"));
  await until(async () => {
    const [waiting] = await database.query(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'segue/1/1' AND wait_event_type = 'Lock'",
    );
    return waiting!["n"] === 1;
  });
  await client.query("COMMIT");
  expect(await fill).toEqual({ rows: 20_000, quarantined: 0 });
});

test("a row that its own holder fills while the fill waits for it is not filled twice", async () => {
  const database = await paymentsDatabase(1_000);
  const client = await database.connect();
  await client.query("BEGIN");
  await client.query("UPDATE payments SET cents = 12345 WHERE id = 500");
  const context = await fillContext(database);
  const fill = runFill(context, centsOf("payments"));
  await until(async () => context.events.some((event) => event.type === "locked"));
  await client.query("COMMIT");
  expect(await fill).toEqual({ rows: 999, quarantined: 0 });
  expect(await database.query("SELECT cents, amount FROM payments WHERE id = 500")).toEqual([
    { cents: "12345", amount: "123.45" },
  ]);
});

test("an abort ends a fill that waits for a locked row", async () => {
  const database = await paymentsDatabase(1_000);
  const client = await database.connect();
  await client.query("BEGIN");
  await client.query("SELECT FROM payments WHERE id = 500 FOR UPDATE");
  const context = await fillContext(database);
  const fill = runFill(context, centsOf("payments"));
  const failure = fill.catch((error: unknown) => error);
  await until(async () => context.events.some((event) => event.type === "locked"));
  context.abort();
  expect(await failure).toMatchObject({ code: "SEG0309" });
  await client.query("COMMIT");
});
