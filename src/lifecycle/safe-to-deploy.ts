import type { RolloutState } from "../model/rollout.ts";

/** Which application versions may run in a state: what a deploy pipeline asks. */
export function mayRun(state: RolloutState): "old" | "old and new" | "new" {
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
    case "completed":
      return "new";
    default:
      return state satisfies never;
  }
}
