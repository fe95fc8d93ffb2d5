import { expect, test } from "vitest";
import { diffSnapshots } from "../../src/postgres/snapshot-diff.ts";
import { describePagila, pagilaDatabase } from "../support/pagila-database.ts";
import { changedFingerprints, fingerprints } from "../support/pagila-fingerprints.ts";
import { complete, reach, reverseFrom } from "../support/pagila-life.ts";

const PLAN = "actor_public_id";

describePagila("actor gets a column with a volatile default", (major) => {
  test("taken back from anywhere, even from its end, for nothing was hidden", async () => {
    const pagila = await pagilaDatabase(major);
    const rows = await fingerprints(pagila);
    const settings = { backfill: { user_triggers: "skip" } } as const;
    await reverseFrom(pagila, PLAN, ["expanded", "ready", "completed"], settings);
    expect(changedFingerprints(rows, await fingerprints(pagila))).toEqual([]);
  });

  test.each(["skip", "fire"] as const)("to the end, with user_triggers: %s", async (user_triggers) => {
    const pagila = await pagilaDatabase(major);
    const [catalog, rows] = [await pagila.snapshot(), await fingerprints(pagila)];
    const heap = "select pg_relation_filenode('actor') as file";
    const file = await pagila.query(heap);
    await reach(pagila, PLAN, "ready", { backfill: { user_triggers } });
    // An old writer knows nothing of the column.
    await pagila.query("insert into actor (actor_id, first_name, last_name) values (999, 'NEW', 'COMER')");
    const [ids] = await pagila.query(
      "select count(distinct public_id)::int as ids, count(*)::int as actors from actor",
    );
    expect(ids).toEqual({ ids: 201, actors: 201 });
    await pagila.query("delete from actor where actor_id = 999");
    await complete(pagila, [PLAN]);

    expect(await pagila.query(heap)).toEqual(file);
    expect(diffSnapshots(catalog, await pagila.snapshot())).toEqual([
      "table public.actor: column public_id added",
      ...(major < 18 ? [] : ["table public.actor: constraint actor_public_id_not_null added"]),
    ]);
    expect(changedFingerprints(rows, await fingerprints(pagila))).toEqual(
      user_triggers === "fire" ? ["actor.last_update", "actor.public_id"] : ["actor.public_id"],
    );
  });
});
