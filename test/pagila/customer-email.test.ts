import { expect, test } from "vitest";
import { diffSnapshots } from "../../src/postgres/snapshot-diff.ts";
import { describePagila, type Pagila, pagilaDatabase } from "../support/pagila-database.ts";
import { changedFingerprints, fingerprints } from "../support/pagila-fingerprints.ts";
import { complete, reverseFrom } from "../support/pagila-life.ts";

const PLAN = "customer_email_required";

async function withGaps(major: number): Promise<Pagila> {
  const pagila = await pagilaDatabase(major);
  await pagila.query("update customer set email = null where customer_id % 7 = 0");
  return pagila;
}

describePagila("customer.email becomes required, with a fill", (major) => {
  test("taken back from anywhere, even from its end, for nothing was hidden", async () => {
    const pagila = await withGaps(major);
    const rows = await fingerprints(pagila);
    await reverseFrom(pagila, PLAN, ["expanded", "ready", "completed"], { backfill: { user_triggers: "skip" } });
    // What was filled stays: a reversal keeps every row.
    expect(changedFingerprints(rows, await fingerprints(pagila))).toEqual(["customer.email"]);
  });

  test.each(["skip", "fire"] as const)("to the end, with user_triggers: %s", async (user_triggers) => {
    const pagila = await withGaps(major);
    const [catalog, rows] = [await pagila.snapshot(), await fingerprints(pagila)];
    await pagila.query("create schema before");
    await pagila.query("create table before.customer as table public.customer");
    await complete(pagila, [PLAN], { backfill: { user_triggers } });
    const changed = await pagila.query(
      `select array_agg(b.customer_id order by 1) filter (where b.email is null) as empty,
              array_agg(b.customer_id order by 1) filter (where b.email is distinct from c.email) as filled,
              array_agg(b.customer_id order by 1) filter (where b.last_update <> c.last_update) as touched
         from before.customer b join public.customer c using (customer_id)`,
    );
    const { empty, filled, touched } = changed[0] as Record<string, number[] | null>;
    expect(empty).toHaveLength(85);
    expect(filled).toEqual(empty);
    expect(touched).toEqual(user_triggers === "fire" ? empty : null);
    await pagila.query("drop schema before cascade");

    expect(diffSnapshots(catalog, await pagila.snapshot())).toEqual([
      "table public.customer: column email: not null changed from false to true",
      ...(major < 18 ? [] : ["table public.customer: constraint customer_email_not_null added"]),
    ]);
    expect(changedFingerprints(rows, await fingerprints(pagila))).toEqual(
      user_triggers === "fire" ? ["customer.email", "customer.last_update"] : ["customer.email"],
    );
    expect(await pagila.query("select email from customer where customer_id = 7")).toEqual([
      { email: "maria.miller@sakilacustomer.org" },
    ]);
  });
});
