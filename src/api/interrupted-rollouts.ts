import { requireJournal } from "../journal/install.ts";
import { listRollouts } from "../journal/rollouts.ts";
import type { Rollout } from "../model/rollout.ts";
import { interruptedStates } from "./status-states.ts";
import type { Workspace } from "./workspace.ts";

/** Rollouts that something interrupted: in a state that only a running process should be in. */
export async function interruptedRollouts(workspace: Workspace): Promise<readonly Rollout[]> {
  return await workspace.reading(async (session) => {
    await requireJournal(session);
    return (await listRollouts(session, { inFlight: true })).filter((rollout) =>
      interruptedStates.includes(rollout.state),
    );
  });
}
