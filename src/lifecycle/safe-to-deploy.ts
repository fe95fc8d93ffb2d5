import type { RolloutState } from "../model/rollout.ts";

/**
 * Which application versions may run in a state: what a deploy pipeline asks. A plan that contracts nothing takes nothing
 * from the old version, completed or not.
 */
export function mayRun(state: RolloutState, contracts: boolean): "old" | "old and new" | "new" {
  switch (state) {
    case "planned":
    case "expanding":
    case "expanded":
    case "backfilling":
    case "reversing":
    case "reversed":
      return "old";
    case "ready":
      return "old and new";
    case "contracting":
    case "soaking":
    case "dropping":
      return "new";
    case "completed":
      return contracts ? "new" : "old and new";
    default:
      return state satisfies never;
  }
}
