import { expect, test } from "vitest";
import { diffSnapshots } from "../../src/postgres/snapshot-diff.ts";
import { describePagila, pagilaDatabase } from "../support/pagila-database.ts";
import { changedFingerprints, fingerprints } from "../support/pagila-fingerprints.ts";
import { complete, reverseFrom } from "../support/pagila-life.ts";

const PLAN = "customer_id_bigint";
const FREED = ["free_customer_id"];

describePagila("customer.customer_id, the key that rentals and each partition of payments reference", (major) => {
  test("becomes a bigint, and is taken back from anywhere", async () => {
    const pagila = await pagilaDatabase(major);
    const [catalog, rows] = [await pagila.snapshot(), await fingerprints(pagila)];
    await complete(pagila, FREED);
    await reverseFrom(pagila, PLAN, ["expanded", "ready", "soaking", "soaking again"], {
      backfill: { user_triggers: "skip" },
    });
    for (const plan of FREED.toReversed()) await pagila.segue().reverse(plan);
    expect(diffSnapshots(catalog, await pagila.snapshot())).toEqual([]);
    expect(changedFingerprints(rows, await fingerprints(pagila))).toEqual([]);
  });

  test("becomes a bigint to the end", async () => {
    const pagila = await pagilaDatabase(major);
    await complete(pagila, FREED);
    const [catalog, rows] = [await pagila.snapshot(), await fingerprints(pagila)];
    await complete(pagila, [PLAN], { backfill: { user_triggers: "skip" } });
    expect(changedFingerprints(rows, await fingerprints(pagila))).toEqual([]);
    const differs = diffSnapshots(catalog, await pagila.snapshot()).map(String);
    expect(differs.filter((line) => !line.includes("column order"))).toEqual([
      "table public.customer: column customer_id: type changed from integer to bigint",
    ]);
    await expect(
      pagila.query("insert into rental (inventory_id, customer_id, staff_id) values (1, 9999, 1)"),
    ).rejects.toMatchObject({ constraint: "rental_customer_id_fkey" });
    await expect(pagila.query("delete from customer where customer_id = 1")).rejects.toMatchObject({ code: "23503" });
    const [row] = await pagila.query(
      "insert into customer (store_id, first_name, last_name, address_id, email) values (1, 'A', 'B', 1, 'a@b') returning customer_id",
    );
    expect(row).toEqual({ customer_id: "600" });
  });
});
