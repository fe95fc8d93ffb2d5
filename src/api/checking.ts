import { effectsOf } from "../compiler/effects.ts";
import type { Plan } from "../model/plan.ts";
import { orderPlans } from "../plan/order-plans.ts";
import type { Workspace } from "./workspace.ts";

/** All plans of the folder, found valid, in the order in which they run. */
export interface CheckReport {
  readonly order: readonly Plan[];
}

/**
 * Parses, validates and orders all plans, and looks for plans that can't both hold. Needs no database.
 *
 * @throws SegueError SEG0001, SEG0003, SEG0005 with every problem of every file
 */
export async function checkPlans(workspace: Workspace): Promise<CheckReport> {
  const { schema } = await workspace.config();
  return { order: orderPlans(await workspace.plans(), (plan) => effectsOf(plan, schema)) };
}
