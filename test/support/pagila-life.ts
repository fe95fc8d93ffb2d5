import { expect } from "vitest";
import type { PartialSettings } from "../../src/index.ts";
import { diffSnapshots } from "../../src/postgres/snapshot-diff.ts";
import type { Pagila } from "./pagila-database.ts";

const HOUR = 3_600_000;

/**
 * Reverses a rollout from every place of its life: expanded, ready, soaking, and soaking for a second time after
 * `reverse --to ready`. The catalog must be the same after each.
 */
export async function reverseFromEverywhere(
  pagila: Pagila,
  plan: string,
  settings: PartialSettings = {},
): Promise<void> {
  const segue = pagila.segue({ ...settings, contract: { soak: HOUR } });
  const before = await pagila.snapshot();
  const reverse = async (from: string): Promise<void> => {
    expect(await segue.reverse(plan), from).toMatchObject({ state: "reversed", changed: true });
    expect(diffSnapshots(before, await pagila.snapshot()), `the catalog after a reversal from ${from}`).toEqual([]);
  };

  expect(await segue.expand(plan)).toMatchObject({ state: "expanded" });
  await reverse("expanded");

  await segue.up([plan]);
  await reverse("ready");

  await segue.up([plan]);
  expect(await segue.contract(plan)).toMatchObject({ state: "soaking" });
  await reverse("soaking");

  await segue.up([plan]);
  const ready = await pagila.snapshot();
  await segue.contract(plan);
  expect(await segue.reverse(plan, { to: "ready" })).toMatchObject({ state: "ready" });
  expect(diffSnapshots(ready, await pagila.snapshot()), "the catalog after reverse --to ready").toEqual([]);
  expect(await segue.contract(plan)).toMatchObject({ state: "soaking" });
  await reverse("soaking once more");
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
    expect(await segue.contract(plan, { yes: true })).toMatchObject({ state: "completed" });
  }
}
