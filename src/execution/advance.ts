import { SegueError } from "../model/errors.ts";
import type { RolloutState } from "../model/rollout.ts";
import { recordEvent } from "../journal/events.ts";
import { fence } from "../journal/lease.ts";
import { rolloutById, setState } from "../journal/rollouts.ts";
import { type RolloutEvent, transition } from "../lifecycle/transition.ts";
import type { Runner } from "./runner.ts";

/**
 * The one writer of a rollout's state: reads it behind the fence, asks the life cycle, writes the answer, all in one
 * transaction together with `also`.
 *
 * @throws SegueError SEG0302 if the event can't happen in the state that the rollout is in
 */
export async function advance(runner: Runner, event: RolloutEvent, also?: () => Promise<void>): Promise<RolloutState> {
  const { session, rollout, epoch, plan } = runner;
  const [from, to] = await session.transaction(async () => {
    await fence(session, rollout, epoch);
    const { state } = await rolloutById(session, rollout);
    const next = transition(state, event);
    if (next === null) {
      throw new SegueError("SEG0302", {
        message: `"${event.type}" can't happen while the rollout is ${state}`,
        object: plan,
      });
    }
    if (next !== state) {
      await setState(session, rollout, next);
      await recordEvent(session, rollout, "state", { from: state, to: next });
    }
    await also?.();
    return [state, next] as const;
  });
  if (from !== to) runner.emit({ type: "state", state: to, from });
  return to;
}
