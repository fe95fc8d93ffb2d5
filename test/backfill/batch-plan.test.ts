import { expect, test } from "vitest";
import { blockBatch } from "../../src/backfill/batch-sql.ts";
import { MAJORS } from "../support/postgres.ts";
import { centsOf, paymentsDatabase } from "./fill-database.ts";

test.each(MAJORS)(
  "PostgreSQL %s reads only the window's blocks, whatever index would match the predicate",
  async (major) => {
    const database = await paymentsDatabase(20_000, { major });
    await database.query("CREATE INDEX lure ON payments (id) WHERE cents IS NULL AND amount IS NOT NULL");
    await database.query("UPDATE payments SET cents = 1 WHERE id > 10");
    await database.query("ANALYZE payments");
    const work = {
      rollout: "1",
      epoch: 1,
      extent: "1",
      owner: null,
      table: { schema: "public", name: "payments" },
      keyColumns: ["id"],
    };
    const range = { from: 100, to: 200, stripe: 3, stripes: 16 };
    for (const aside of [[], ['{"id": 7}']]) {
      for (const skipLocked of [false, true]) {
        const text = blockBatch({ ...work, aside, step: centsOf("payments") }, range, null, skipLocked);
        const plan = await database.query<{ "QUERY PLAN": string }>(`EXPLAIN ${text.slice(text.indexOf("WITH "))}`);
        const lines = plan.map((row) => row["QUERY PLAN"]).join("\n");
        expect(lines).toContain("Tid Range Scan on payments segue_row");
        expect(lines).not.toMatch(/Seq Scan on payments|lure|Index Scan using payments/);
      }
    }
  },
);
