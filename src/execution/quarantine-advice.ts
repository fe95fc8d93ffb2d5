import type { RolloutState } from "../model/rollout.ts";

/** True where the fills that a rollout has can be run for single rows: before, all rows are filled; after, the columns are others. */
export function canRetry(state: RolloutState): boolean {
  return state === "backfilling" || state === "ready";
}

/** What becomes of the open rows of a rollout by itself, or why nothing does. */
export function whyNoRetry(state: RolloutState): string {
  switch (state) {
    case "planned":
    case "expanding":
    case "expanded":
      return "its backfill has not begun, which tries all rows";
    case "backfilling":
    case "ready":
      return "its rows can be tried again";
    case "contracting":
    case "soaking":
    case "dropping":
      return "since the cut-over no row is filled, and nothing waits for these";
    case "reversing":
      return "what it has filled is being taken back";
    case "completed":
    case "reversed":
      return "it is over, and nothing waits for these rows";
    default:
      return state satisfies never;
  }
}

/** The command for open rows that are not mended yet; null where nothing waits for them. */
export function adviceForOpen(plan: string, state: RolloutState): string | null {
  switch (state) {
    case "planned":
    case "expanding":
    case "expanded":
      return `mend these rows, then ${forward(plan, "backfill")}`;
    case "backfilling":
    case "ready":
      return `mend these rows, then segue quarantine ${plan} retry; or segue reverse ${reversed(plan)}`;
    case "contracting":
    case "dropping":
      return forward(plan, "contract");
    case "soaking":
      return `${forward(plan, "contract")} after the soak; or segue reverse ${reversed(plan)}`;
    case "reversing":
      return `mend these rows, then segue reverse ${reversed(plan)}`;
    case "completed":
    case "reversed":
      return null;
    default:
      return state satisfies never;
  }
}

/** The command that goes on once no row is open. */
export function adviceOnceSettled(plan: string, state: RolloutState): string {
  return state === "backfilling" ? `segue resume ${plan}` : forward(plan, "contract");
}

const INVERSE = /~inverse$/;

const reversed = (plan: string): string => plan.replace(INVERSE, "");

/** An inverse rollout is driven by the reversal of the plan that it takes back. */
function forward(plan: string, verb: "backfill" | "contract"): string {
  return INVERSE.test(plan) ? `segue reverse ${reversed(plan)}` : `segue ${verb} ${plan}`;
}
