import { latestRollout, planContentOf, programOf } from "../journal/rollouts.ts";
import type { Rollout } from "../model/rollout.ts";
import { SegueError } from "../model/errors.ts";
import type { VerbResult, ReverseVerbOptions } from "./running.ts";
import type { Workspace } from "./workspace.ts";

/** placeholder, replaced below */
export async function reverseCompleted(workspace: Workspace, rollout: Rollout, _verb: ReverseVerbOptions): Promise<VerbResult> {
  void latestRollout; void planContentOf; void programOf; void workspace;
  throw new SegueError("SEG0302", { message: `${rollout.plan} is completed`, object: rollout.plan });
}
