import type { RolloutState } from "../model/rollout.ts";

/** States that only a running process should be in: without one, the rollout was interrupted. */
export const interruptedStates: readonly RolloutState[] = [
  "planned",
  "expanding",
  "backfilling",
  "contracting",
  "dropping",
  "reversing",
];
