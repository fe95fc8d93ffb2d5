import { expect, test } from "vitest";
import { diffSnapshots } from "../../src/postgres/snapshot-diff.ts";
import { describePagila, pagilaDatabase } from "../support/pagila-database.ts";
import { changedFingerprints, fingerprints } from "../support/pagila-fingerprints.ts";
import { complete, reach, reverseFrom } from "../support/pagila-life.ts";

const PLAN = "payment_amount_wider";
const FAMILY = [
  "payment",
  "payment_p0000_default",
  "payment_p2007_01",
  "payment_p2007_02",
  "payment_p2007_03",
  "payment_p2007_04",
  "payment_p2007_05",
  "payment_p2007_06",
  "payment_p2007_07_max",
];

describePagila("payment.amount, on a partitioned table, becomes numeric(12,4)", (major) => {
  test("taken back from anywhere", async () => {
    const pagila = await pagilaDatabase(major);
    const [catalog, rows] = [await pagila.snapshot(), await fingerprints(pagila)];
    await complete(pagila, ["free_payment_amount"]);
    await reverseFrom(pagila, PLAN, ["expanded", "ready", "soaking", "soaking again"]);
    await pagila.segue().reverse("free_payment_amount");
    expect(diffSnapshots(catalog, await pagila.snapshot())).toEqual([]);
    expect(changedFingerprints(rows, await fingerprints(pagila))).toEqual([]);
  });

  test("to the end: indexes and constraints of every partition keep their names", async () => {
    const pagila = await pagilaDatabase(major);
    const [catalog, rows] = [await pagila.snapshot(), await fingerprints(pagila)];
    const sales = await pagila.query("select store, total_sales::numeric(12,4) from sales_by_store");
    await complete(pagila, ["free_payment_amount", PLAN, "payment_amount_in_use"]);
    expect(changedFingerprints(rows, await fingerprints(pagila))).toEqual(FAMILY.map((table) => `${table}.amount`));
    expect(diffSnapshots(catalog, await pagila.snapshot())).toEqual(
      FAMILY.flatMap((table) => [
        `table public.${table}: column order changed from payment_id, customer_id, staff_id, rental_id, amount, payment_date to payment_id, customer_id, staff_id, rental_id, payment_date, amount`,
        `table public.${table}: column amount: type changed from numeric(5,2) to numeric(12,4)`,
      ]),
    );
    expect(await pagila.query("select store, total_sales from sales_by_store")).toEqual(sales);
    await expect(
      pagila.query("insert into payment_p2007_03 values (999999, 1, 1, 1, '2007-03-05', null)"),
    ).rejects.toMatchObject({ code: "23502", column: "amount" });
  });

  test("an amount that the old type can't hold is written while the old column soaks, and keeps it from coming back", async () => {
    const pagila = await pagilaDatabase(major);
    await complete(pagila, ["free_payment_amount"]);
    // Once back and forth: the partitions' NOT NULL constraints are then their own, besides the parent's.
    await reverseFrom(pagila, PLAN, ["soaking"]);
    await reach(pagila, PLAN, "soaking");
    const insert = "insert into payment (payment_id, customer_id, staff_id, rental_id, amount, payment_date)";
    await pagila.query(
      `${insert} values (999998, 1, 1, 1, 123456.7891, '2007-03-05'), (999999, 1, 1, 1, 1, '2007-03-05')`,
    );
    await expect(pagila.segue().reverse(PLAN)).rejects.toMatchObject({
      code: "SEG0304",
      message: "the reversal would not be exact",
    });
    await pagila.query("update payment set amount = 12.34 where payment_id = 999998");
    expect(await pagila.segue().reverse(PLAN)).toMatchObject({ state: "reversed" });
    expect(await pagila.query("select amount from payment where payment_id >= 999998 order by payment_id")).toEqual([
      { amount: "12.34" },
      { amount: "1.00" },
    ]);
  });
});
