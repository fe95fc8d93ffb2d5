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

const SIZE = "SELECT pg_relation_size('things')::float8 AS heap, pg_indexes_size('things')::float8 AS indexes";

test.each([
  ["in no order of its key, which is no number", "md5(n::text)::uuid, hashint4(n), NULL, repeat('x', 100)", 0.85, 1.1],
  // A fifth of the rows has to leave: more than the indexes have room for. At once they would double them.
  ["of narrow rows, which leave a few at a time", "lpad(n::text, 32, '0')::uuid, n, NULL, NULL", 0.7, 1.6],
])("a table %s: its indexes do not double", async (_what, values, share, growth) => {
  const database = await ownServer(18);
  await createJournal(database);
  await database.query(
    `CREATE TABLE things (id uuid PRIMARY KEY, a int, v bigint, note text) WITH (autovacuum_enabled = off);
     CREATE INDEX ON things (a);
     INSERT INTO things SELECT ${values} FROM generate_series(1, 100000) AS n;
     REINDEX TABLE things`,
  );
  await database.query("VACUUM ANALYZE things");
  const [before] = await database.query<{ heap: number; indexes: number }>(SIZE);
  const context = await fillContext(database);
  await runFill(context, {
    ...centsOf("things"),
    set: [{ column: "v", value: "segue_row.a::bigint * 2" }],
    where: "segue_row.v IS NULL AND (segue_row.a) IS NOT NULL",
    empty: "segue_row.v IS NULL",
  });
  expect(context.events.filter(({ type }) => type === "method_changed")).toEqual([]);
  await context.session.close();
  await until(async () => (await hotShare(database, "things")).updates === 100_000);
  expect((await hotShare(database, "things")).share).toBeGreaterThan(share);
  const [after] = await database.query<{ heap: number; indexes: number }>(SIZE);
  expect(after!.indexes / before!.indexes).toBeLessThan(growth);
});
