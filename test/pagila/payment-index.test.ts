import { expect, test } from "vitest";
import { diffSnapshots } from "../../src/postgres/snapshot-diff.ts";
import { describePagila, pagilaDatabase } from "../support/pagila-database.ts";
import { changedFingerprints, fingerprints } from "../support/pagila-fingerprints.ts";
import { complete, reverseFrom } from "../support/pagila-life.ts";

const PLAN = "payment_by_rental";
const LEAVES = [
  "p0000_default",
  "p2007_01",
  "p2007_02",
  "p2007_03",
  "p2007_04",
  "p2007_05",
  "p2007_06",
  "p2007_07_max",
];

describePagila("a concurrent index on the partitioned payment", (major) => {
  test("taken back before it was built and after", async () => {
    const pagila = await pagilaDatabase(major);
    await reverseFrom(pagila, PLAN, ["expanded", "completed"]);
  });

  test("one valid index a partition, attached to the table's", async () => {
    const pagila = await pagilaDatabase(major);
    const [catalog, rows] = [await pagila.snapshot(), await fingerprints(pagila)];
    await complete(pagila, [PLAN]);
    expect(diffSnapshots(catalog, await pagila.snapshot())).toEqual([
      "table public.payment: index idx_fk_payment_rental_id added",
      ...LEAVES.map((leaf) => `table public.payment_${leaf}: index payment_${leaf}_rental_id_idx added`),
    ]);
    expect(changedFingerprints(rows, await fingerprints(pagila))).toEqual([]);
    const [state] = await pagila.query(
      `select count(*)::int as indexes, bool_and(i.indisvalid) as valid
         from pg_partition_tree('idx_fk_payment_rental_id') t join pg_index i on i.indexrelid = t.relid`,
    );
    expect(state).toEqual({ indexes: 9, valid: true });
  });
});
