import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cast } from "./cast.ts";
import { catalogListing } from "./catalog-listing.ts";
import { type DemoPlan, RENAME_CITY, RESHAPE } from "./demo-plans.ts";
import { pause } from "./pause.ts";
import type { WireEvent } from "./segue-command.ts";

/** How long the acts take. */
export interface StoryOptions {
  /** The folder of plans. */
  readonly plans: string;
  /** Of the application, all in all. */
  readonly connections: number;
  /** How long the application runs alone, to compare with, and how long versions run side by side. Milliseconds. */
  readonly alone: number;
  readonly together: number;
  /** At which share of the orders the runner is killed. */
  readonly killAt: number;
}

/** Long enough for every client to have prepared its statements. */
const WARM_UP = 1_500;

/**
 * Tells the story: one plan from expand to the drop, with a kill -9 on the way, and one that is taken back.
 *
 * @returns whether the reversal left the catalog as it was
 */
export async function tellStory(cast: Cast, options: StoryOptions): Promise<boolean> {
  await runAlone(cast, options);
  await expandAndBackfill(cast, options);
  await contract(cast, options);
  return await reverse(cast, options);
}

async function runAlone({ narrator, traffic, signal }: Cast, { connections, alone }: StoryOptions): Promise<void> {
  narrator.caption(
    `Version 1 of the shop runs on ${connections} connections, alone for ${Math.round(alone / 1000)} s: the measure to compare with.`,
  );
  await pause(WARM_UP, signal);
  await traffic.measure("before");
  await pause(alone, signal);
  narrator.traffic(await traffic.counts());
}

async function expandAndBackfill(cast: Cast, options: StoryOptions): Promise<void> {
  const { narrator, traffic, signal } = cast;
  narrator.caption("One plan renames a column, splits one in two, and widens a foreign key.");
  await showPlan(cast, options, RESHAPE);
  await traffic.measure("during");
  narrator.caption("Expand: new columns and triggers, in short locks. Version 1 goes on, unaware.");
  await cast.segue(["expand", RESHAPE.name]);
  narrator.caption("Backfill: existing rows are filled in small batches. In the middle of it the process dies.");
  await cast.killedSegue(["backfill", RESHAPE.name], isFilling("public.orders", options.killAt));
  narrator.caption("The triggers and the cursor are in the database: nothing is lost, and the shop does not notice.");
  await cast.segue(["resume", RESHAPE.name]);
  const half = Math.floor(options.connections / 2);
  narrator.caption(
    `Ready: safe to deploy. Version 2 takes over ${half} of ${options.connections} connections; both write, each in its own columns.`,
  );
  await traffic.deploy("2", half);
  await pause(options.together, signal);
  narrator.traffic(await traffic.counts());
}

async function contract(cast: Cast, { connections }: StoryOptions): Promise<void> {
  const { narrator, traffic, signal } = cast;
  narrator.caption("Too early for contract: version 1 still runs, and nobody has approved it.");
  await cast.segue(["contract", RESHAPE.name], REFUSED);
  narrator.caption("The deploy is finished, the approval given.");
  await traffic.deploy("2", connections);
  await cast.segue(["approve", RESHAPE.name, "--as", "data-team"]);
  narrator.caption(
    "Contract: every row is verified, then the old columns are hidden, not dropped. Until the soak ends one short transaction brings them back.",
  );
  await cast.segue(["contract", RESHAPE.name]);
  const soakEndsAt = (await cast.status(RESHAPE.name))?.soakEndsAt ?? null;
  if (soakEndsAt !== null) await pause(Math.max(0, Date.parse(soakEndsAt) - Date.now()) + 100, signal);
  narrator.caption("The soak is over, 3 s here, a day by default: now the drop, which nothing takes back.");
  await cast.segue(["contract", RESHAPE.name, "--yes"]);
}

async function reverse(cast: Cast, options: StoryOptions): Promise<boolean> {
  const { narrator, traffic, signal } = cast;
  narrator.caption("A second plan, which will turn out to be a mistake.");
  await showPlan(cast, options, RENAME_CITY);
  const before = await cast.connected(catalogListing);
  await cast.segue(["up", RENAME_CITY.name]);
  narrator.caption("Version 3 runs beside version 2 for a while; then its deploy is rolled back, and so is the plan.");
  await traffic.deploy("3", Math.floor(options.connections / 2));
  await pause(options.together / 2, signal);
  await traffic.deploy("2", options.connections);
  await cast.segue(["reverse", RENAME_CITY.name]);
  const exact = before === (await cast.connected(catalogListing));
  narrator.caption(
    exact
      ? "Every column, index, constraint and trigger is what it was before the plan; what version 3 wrote is kept."
      : "The catalog is not what it was before the plan.",
  );
  return exact;
}

const REFUSED = 3;

function isFilling(table: string, share: number): (event: WireEvent) => boolean {
  return (event) =>
    event.type === "progress" &&
    event["table"] === table &&
    event["stage"] === "fill" &&
    Number(event["done"]) >= share * Number(event["total"]);
}

async function showPlan({ narrator }: Cast, { plans }: StoryOptions, plan: DemoPlan): Promise<void> {
  await writeFile(join(plans, plan.file), plan.text);
  narrator.file(`plans/${plan.file}`, plan.text);
}
