import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { HotWatch } from "../../src/backfill/hot-watch.ts";
import { runFill } from "../../src/backfill/run-fill.ts";
import { MAJORS } from "../support/postgres.ts";
import { startTestServer } from "../support/servers.ts";
import { until } from "../support/until.ts";
import {
  centsOf,
  createJournal,
  createPayments,
  fillContext,
  hotShare,
  paymentsDatabase,
  type Queryable,
} from "./fill-database.ts";

/** A server of its own: a transaction that writes in any of its databases keeps updates from being HOT. */
async function ownServer(major: number): Promise<Queryable> {
  const server = await startTestServer({ major, settings: { autovacuum: "off" } });
  onTestFinished(() => server.stop("immediate"));
  const pool = new pg.Pool({ connectionString: server.url, max: 2 });
  pool.on("error", () => undefined);
  onTestFinished(() => pool.end());
  return { url: server.url, query: async (text, values) => (await pool.query(text, values)).rows };
}

test.each(MAJORS)("most updates are HOT on PostgreSQL %s: no index grows, and the table hardly", async (major) => {
  const database = await ownServer(major);
  await createJournal(database);
  await createPayments(database, 100_000);
  const size = "SELECT pg_relation_size('payments')::float8 AS heap, pg_indexes_size('payments')::float8 AS indexes";
  const [before] = await database.query(size);
  const context = await fillContext(database);
  await runFill(context, centsOf("payments"));
  await context.session.close();
  await until(async () => (await hotShare(database, "payments")).updates === 100_000);
  expect((await hotShare(database, "payments")).share).toBeGreaterThan(0.8);
  const [after] = await database.query(size);
  expect(after!["heap"] / before!["heap"]).toBeLessThan(1.25);
  expect(after!["indexes"] / before!["indexes"]).toBeLessThan(1.05);
});

test("updates that can't be HOT are told of, with who holds the snapshot", async () => {
  const database = await paymentsDatabase(20_000);
  const analyst = await database.connect({ application_name: "analyst" });
  await analyst.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM payments");
  const context = await fillContext(database);
  const watch = new HotWatch(context, 0);
  const payments = { schema: "public", name: "payments" };
  await watch.look(payments, false);
  const writer = await database.connect();
  await writer.query("UPDATE payments SET customer = customer + 1");
  await writer.end();
  await until(async () => (await hotShare(database, "payments")).updates === 20_000);
  await watch.look(payments, false);
  await analyst.query("COMMIT");
  expect(context.events).toMatchObject([{ type: "cold", table: payments, hotShare: 0 }]);
});
