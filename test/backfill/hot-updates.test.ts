import { expect, test } from "vitest";
import { runFill } from "../../src/backfill/run-fill.ts";
import { MAJORS } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import { centsOf, createJournal, createPayments, fillContext, hotShare } from "./fill-database.ts";
import { ownServer } from "./own-server.ts";

test.each(MAJORS)("most updates are HOT on PostgreSQL %s: no index grows, and the table hardly", async (major) => {
  const database = await ownServer(major);
  await createJournal(database);
  await createPayments(database, 100_000);
  const size = "SELECT pg_relation_size('payments')::float8 AS heap, pg_indexes_size('payments')::float8 AS indexes";
  const [before] = await database.query(size);
  const context = await fillContext(database);
  await runFill(context, centsOf("payments"));
  expect(context.events.filter(({ type }) => type === "method_changed")).toEqual([]);
  await context.session.close();
  await until(async () => (await hotShare(database, "payments")).updates === 100_000);
  expect((await hotShare(database, "payments")).share).toBeGreaterThan(0.85);
  const [after] = await database.query(size);
  expect(after!["heap"] / before!["heap"]).toBeLessThan(1.17);
  expect(after!["indexes"] / before!["indexes"]).toBeLessThan(1.05);
});
