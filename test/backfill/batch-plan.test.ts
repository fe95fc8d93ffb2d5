import { expect, onTestFinished, test } from "vitest";
import { blockBatch, type BlockRange, plannable, wantedOf, type Work } from "../../src/backfill/batch-sql.ts";
import { batchLimits, fillSettings } from "../../src/backfill/fill-settings.ts";
import { openSession } from "../../src/postgres/session.ts";
import { MAJORS, type TestDatabase } from "../support/postgres.ts";
import { centsOf, paymentsDatabase, workOn } from "./fill-database.ts";

const TABLE = { schema: "public", name: "payments" };

const work = (aside: readonly string[], changes = {}): Work => workOn("payments", centsOf("payments", changes), aside);

/** Of the statement that the batch has run by segue.changed(). */
async function planOf(database: TestDatabase, batch: string): Promise<string> {
  const [, quoted = ""] = /segue\.changed\('(.*)'\) AS rows/s.exec(batch) ?? [];
  return await explained(database, quoted.replaceAll("''", "'"));
}

async function explained(database: TestDatabase, statement: string): Promise<string> {
  const plan = await database.query<{ "QUERY PLAN": string }>(`EXPLAIN ${statement}`);
  return plan.map((row) => row["QUERY PLAN"]).join("\n");
}

async function payments(major: number): Promise<TestDatabase> {
  const database = await paymentsDatabase(20_000, { major });
  await database.query("CREATE INDEX lure ON payments (id) WHERE cents IS NULL AND amount IS NOT NULL");
  await database.query("UPDATE payments SET cents = 1 WHERE id > 10");
  await database.query("ANALYZE payments");
  return database;
}

test.each(MAJORS)(
  "PostgreSQL %s reads only the window's blocks, whatever index would match the predicate",
  async (major) => {
    const database = await payments(major);
    const plain: BlockRange = { from: 100, to: 200, stripe: null };
    const sweep = await explained(
      database,
      `UPDATE payments AS segue_row SET cents = 1 WHERE ${wantedOf(work([]), plain)}`,
    );
    expect(sweep).toContain("Tid Range Scan on payments segue_row");
    for (const aside of [[], ['{"id": 7}']]) {
      for (const skipLocked of [false, true]) {
        const lines = await planOf(database, blockBatch(work(aside), { ...plain, stripe: [3, 19] }, null, skipLocked));
        expect(lines).toContain("Tid Scan on payments segue_row");
        // Prunes the pages.
        expect(lines).toContain("Tid Range Scan on payments seen");
        expect(lines).not.toMatch(
          /Seq Scan on payments|lure|Index Scan using payments|Tid Range Scan on payments segue_row/,
        );
      }
    }
  },
);

test("a batch finds its rows whatever the database has turned off", async () => {
  const database = await payments(18);
  await database.query(`ALTER DATABASE "${database.name}" SET enable_tidscan = off`);
  const settings = fillSettings("1_a", TABLE, batchLimits(1_000));
  const session = await openSession({ connectionString: database.url }, { applicationName: "fill", settings });
  onTestFinished(() => session.close());
  const { rows } = await session.query("SELECT name, setting FROM pg_settings WHERE name = 'enable_tidscan'");
  expect(rows).toEqual([{ name: "enable_tidscan", setting: "on" }]);
});

test("what is asked to be planned before the first batch can be", async () => {
  const database = await payments(18);
  await database.query(`EXPLAIN ${plannable(work([]), [])}`);
  await expect(
    database.query(
      `EXPLAIN ${plannable(work([], { set: [{ column: "cents", value: "segue_row.amount::box" }] }), [])}`,
    ),
  ).rejects.toThrow("expression is of type box");
});
