import { SegueError, type StatusReport } from "../index.ts";
import type { Context } from "./context.ts";
import { noneYet } from "./missing-journal.ts";

/** A plan without a rollout beside those that have one. */
export type PlanStatus = Omit<StatusReport, "state"> & { readonly state: StatusReport["state"] | "pending" };

/** Where all rollouts stand, or one plan's; a plan that has none yet is `pending`. */
export async function allStatuses({ segue }: Pick<Context, "segue">, word?: string): Promise<readonly PlanStatus[]> {
  if (word !== undefined) {
    const reports = await segue.status(word).catch(noneYet);
    return reports.length > 0 ? reports : [pending((await segue.find(word)).id)];
  }
  const [reports, plans] = [await segue.status().catch(noneYet), await planIds(segue)];
  return withPending(reports, plans);
}

/** The plans' files and the rollouts in one list: those with a file in their order, the others after them. */
export function withPending(reports: readonly StatusReport[], plans: readonly string[]): readonly PlanStatus[] {
  const known = new Map(reports.map((report) => [report.plan, report]));
  return [...plans.map((id) => known.get(id) ?? pending(id)), ...reports.filter(({ plan }) => !plans.includes(plan))];
}

/** Ids of plans that `segue up` would work on. */
export async function pendingPlans(context: Pick<Context, "segue">): Promise<readonly string[]> {
  return (await allStatuses(context)).filter(isPending).map(({ plan }) => plan);
}

/** True if something is left to do: also a reversed plan is, as long as its file says that it is wanted. */
export function isPending({ state }: PlanStatus): boolean {
  return state !== "completed";
}

/** Plans that are not valid do not keep a person from seeing what runs: `segue check` tells of them. */
export async function planIds(segue: Context["segue"]): Promise<readonly string[]> {
  try {
    return (await segue.plans()).map(({ id }) => id);
  } catch (error) {
    if (error instanceof SegueError && (error.code === "SEG0001" || error.code === "SEG0005")) return [];
    throw error;
  }
}

function pending(plan: string): PlanStatus {
  return {
    plan,
    state: "pending",
    phase: null,
    step: null,
    progress: null,
    filled: null,
    workers: 0,
    health: "waiting",
    since: null,
    throttle: null,
    throttledSeconds: 0,
    reason: "not started",
    mayRun: "old",
    gates: [],
    lease: null,
    soakEndsAt: null,
    next: `segue expand ${plan}`,
    updatedAt: new Date().toISOString(),
  };
}
