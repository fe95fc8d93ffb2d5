import { expect, test } from "vitest";
import { diffSnapshots } from "../../src/postgres/snapshot-diff.ts";
import { describePagila, type Pagila, pagilaDatabase } from "../support/pagila-database.ts";
import { changedFingerprints, fingerprints } from "../support/pagila-fingerprints.ts";
import { complete, reverseFrom } from "../support/pagila-life.ts";

const PLAN = "rental_inventory_bigint";
const FREED = ["rental_unique", "free_rental_inventory"];

/** The functions that the plan declares harmless, as they are called: Pagila keeps the columns they read in schema legacy. */
async function inStock(pagila: Pagila): Promise<unknown> {
  const client = await pagila.connect({ options: "-c search_path=legacy,public" });
  const { rows } = await client.query(
    `select count(*) filter (where inventory_in_stock(inventory_id)) as in_stock,
            count(inventory_held_by_customer(inventory_id)) as out from public.inventory`,
  );
  return rows[0];
}

describePagila("rental.inventory_id, with a foreign key and a unique index, becomes a bigint", (major) => {
  test("taken back from anywhere", async () => {
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

  test.each(["skip", "fire"] as const)("to the end, with user_triggers: %s", async (user_triggers) => {
    const pagila = await pagilaDatabase(major);
    const [catalog, rows] = [await pagila.snapshot(), await fingerprints(pagila)];
    const stock = await inStock(pagila);
    const sales = await pagila.query("select * from sales_by_store");
    await complete(pagila, [...FREED, PLAN, "rental_inventory_in_use"], { backfill: { user_triggers } });

    // The digests are of the values' text: a bigint's is the integer's.
    expect(changedFingerprints(rows, await fingerprints(pagila))).toEqual(
      user_triggers === "fire" ? ["rental.last_update"] : [],
    );
    expect(diffSnapshots(catalog, await pagila.snapshot())).toEqual([
      "table public.rental: column order changed from rental_id, inventory_id, customer_id, staff_id, last_update, rental_period to rental_id, customer_id, staff_id, last_update, rental_period, inventory_id",
      "table public.rental: column inventory_id: type changed from integer to bigint",
      "table public.rental: index idx_unq_rental_start_inventory_id_customer_id added",
      "view legacy.rental: column inventory_id: type changed from integer to bigint",
    ]);
    expect(await pagila.query("select * from sales_by_store")).toEqual(sales);
    expect(await inStock(pagila)).toEqual(stock);
    await expect(
      pagila.query("insert into rental (inventory_id, customer_id, staff_id) values (5000000000, 1, 1)"),
    ).rejects.toMatchObject({ constraint: "rental_inventory_id_fkey" });
    await expect(
      pagila.query(
        `insert into rental (inventory_id, customer_id, staff_id, rental_period)
         select inventory_id, customer_id, staff_id, rental_period from rental limit 1`,
      ),
    ).rejects.toMatchObject({ constraint: "idx_unq_rental_start_inventory_id_customer_id" });
  });
});
