import { expect } from "vitest";
import type { PartialSettings } from "../../src/index.ts";
import { diffSnapshots } from "../../src/postgres/snapshot-diff.ts";
import type { Pagila } from "./pagila-database.ts";

/** Where a rollout can be taken back from. `soaking again`: after a `reverse --to ready` and a second cut-over. */
export type Place = "expanded" | "ready" | "soaking" | "soaking again" | "completed";

const HOUR = 3_600_000;

/** Takes a rollout to each of the places and back from there; the catalog must be the same after each. */
export async function reverseFrom(
  pagila: Pagila,
  plan: string,
  places: readonly Place[],
  settings: PartialSettings = {},
): Promise<void> {
  const segue = pagila.segue({ ...settings, contract: { soak: HOUR } });
  const before = await pagila.snapshot();
  for (const place of places) {
    await reach(pagila, plan, place, settings);
    expect(await segue.reverse(plan), `reverse from ${place}`).toMatchObject({ state: "reversed", changed: true });
    expect(diffSnapshots(before, await pagila.snapshot()), `the catalog after a reversal from ${place}`).toEqual([]);
  }
}

/** Takes a rollout as far as the place. */
export async function reach(pagila: Pagila, plan: string, place: Place, settings: PartialSettings = {}): Promise<void> {
  const segue = pagila.segue({ ...settings, contract: { soak: HOUR } });
  const contract = async (state: Place): Promise<void> => {
    expect(await segue.contract(plan)).toMatchObject({ state });
  };
  switch (place) {
    case "expanded":
      expect(await segue.expand(plan)).toMatchObject({ state: "expanded" });
      return;
    case "ready":
      expect(await segue.up([plan])).toMatchObject([{ state: "ready" }]);
      return;
    case "soaking":
      await segue.up([plan]);
      return await contract("soaking");
    case "soaking again": {
      await segue.up([plan]);
      const ready = await pagila.snapshot();
      await contract("soaking");
      expect(await segue.reverse(plan, { to: "ready" })).toMatchObject({ state: "ready" });
      expect(diffSnapshots(ready, await pagila.snapshot()), "the catalog after reverse --to ready").toEqual([]);
      return await contract("soaking");
    }
    case "completed":
      await segue.up([plan]);
      return await contract("completed");
    default:
      place satisfies never;
  }
}

/** Runs plans to their very end, one after the other. */
export async function complete(
  pagila: Pagila,
  plans: readonly string[],
  settings: PartialSettings = {},
): Promise<void> {
  const segue = pagila.segue({ ...settings, contract: { soak: 0 } });
  for (const plan of plans) {
    await segue.up([plan]);
    expect(await segue.contract(plan, { yes: true }), plan).toMatchObject({ state: "completed" });
  }
}
