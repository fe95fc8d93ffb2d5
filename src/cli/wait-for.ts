import { formatDuration, SegueError, type StatusReport } from "../index.ts";
import type { Context } from "./context.ts";
import { followStatus } from "./follow-status.ts";
import { allStatuses, type PlanStatus } from "./pending-plans.ts";

/** States that can be waited for. `contractable` is ready, with no gate unmet. */
export const WAIT_GOALS = ["expanded", "ready", "contractable", "soaking", "completed", "reversed"] as const;
export type WaitGoal = (typeof WAIT_GOALS)[number];

/** The way forward: who waits for a state is content with a later one. */
const WAY: readonly PlanStatus["state"][] = [
  "pending",
  "planned",
  "expanding",
  "expanded",
  "backfilling",
  "ready",
  "contracting",
  "soaking",
  "dropping",
  "completed",
];

/**
 * Waits until the plan, or every plan, has come so far.
 *
 * @throws SegueError SEG0307 when the time is up; SEG0302 once it can't come so far by itself; SEG0401 if its runner failed
 */
export async function waitFor(
  context: Context,
  word: string | undefined,
  { goal, timeout }: { readonly goal: WaitGoal; readonly timeout: number },
): Promise<readonly PlanStatus[]> {
  const late = AbortSignal.timeout(timeout);
  let last: readonly PlanStatus[] = [];
  await context.running(async ({ signal }) => {
    for await (const reports of followStatus(context, word, AbortSignal.any([late, signal]))) {
      last = reports;
      if (last.length === 0) throw new SegueError("SEG0002", { message: "there is no plan to wait for" });
      for (const report of last) refuseHopeless(report, goal);
      if (last.every((report) => isReached(report, goal))) return;
    }
    signal.throwIfAborted();
    // The time may be up before the first look was over.
    if (last.length === 0) last = await allStatuses(context, word);
    if (last.length === 0 || !last.every((report) => isReached(report, goal))) throw timedOut(last, goal, timeout);
  });
  return last;
}

function isReached(report: PlanStatus, goal: WaitGoal): boolean {
  const { state, gates } = report;
  if (goal === "reversed") return state === "reversed";
  if (goal === "contractable" && state === "ready") return gates.every(({ ok }) => ok !== false);
  return WAY.indexOf(state) >= WAY.indexOf(goal === "contractable" ? "contracting" : goal);
}

function refuseHopeless(report: PlanStatus, goal: WaitGoal): void {
  const { plan, state, health, reason } = report;
  if (isReached(report, goal)) return;
  if (goal !== "reversed" && (state === "reversed" || state === "reversing")) {
    throw new SegueError("SEG0302", {
      message: `${plan} is ${state}: it does not become ${goal}`,
      object: plan,
    });
  }
  if (health !== "failed") return;
  throw new SegueError("SEG0401", {
    message: `${plan} failed: ${reason ?? "for an unknown reason"}`,
    object: plan,
    next: `settle the cause, then segue resume ${plan}; or segue reverse ${plan}`,
  });
}

function timedOut(last: readonly PlanStatus[], goal: WaitGoal, timeout: number): SegueError {
  const open = last.filter((report) => !isReached(report, goal));
  const unmet = (gates: StatusReport["gates"]): string =>
    gates
      .filter(({ ok }) => ok === false)
      .map(({ gate, detail }) => `; ✖ ${gate}: ${detail}`)
      .join("");
  return new SegueError("SEG0307", {
    message: `not ${goal} within ${formatDuration(timeout)}`,
    problems: open.map(({ plan, state, health, gates }) => ({
      message: `${plan} is ${state} (${health})${unmet(gates)}`,
    })),
    next: "segue status",
  });
}
