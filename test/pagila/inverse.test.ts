import { expect, test } from "vitest";
import { diffSnapshots } from "../../src/postgres/snapshot-diff.ts";
import { describePagila, pagilaDatabase } from "../support/pagila-database.ts";
import { changedFingerprints, fingerprints } from "../support/pagila-fingerprints.ts";
import { complete } from "../support/pagila-life.ts";

const SKIP = { backfill: { user_triggers: "skip" } } as const;

const CHAINS = [
  { before: ["free_film_title"], plan: "film_heading", after: "film_heading_in_use", lossy: false },
  {
    before: ["rental_unique", "free_rental_inventory"],
    plan: "rental_inventory_bigint",
    after: "rental_inventory_in_use",
    lossy: true,
  },
  { before: ["free_payment_amount"], plan: "payment_amount_wider", after: "payment_amount_in_use", lossy: true },
];

describePagila("what was dropped is built again by the inverse rollout", (major) => {
  test.each(CHAINS)("$plan", async ({ after, before, lossy, plan }) => {
    const pagila = await pagilaDatabase(major);
    const [catalog, rows] = [await pagila.snapshot(), await fingerprints(pagila)];
    await complete(pagila, [...before, plan, after], SKIP);

    const segue = pagila.segue({ ...SKIP, contract: { soak: 0 } });
    const accept = ["--lose-values"] as const;
    await segue.reverse(after);
    if (lossy) await expect(segue.reverse(plan)).rejects.toMatchObject({ code: "SEG0304", left: "Nothing changed." });
    expect(await segue.reverse(plan, { accept })).toMatchObject({ state: "ready" });
    expect(await segue.reverse(plan, { accept, yes: true })).toMatchObject({ state: "completed" });
    for (const earlier of before.toReversed()) await segue.reverse(earlier);

    expect(changedFingerprints(rows, await fingerprints(pagila))).toEqual([]);
    const differences = diffSnapshots(catalog, await pagila.snapshot());
    expect(differences).toHaveLength(plan === "payment_amount_wider" ? 9 : 1);
    // A column that was dropped comes back at the end.
    for (const line of differences) expect(line).toContain(": column order changed from");
  });
});
