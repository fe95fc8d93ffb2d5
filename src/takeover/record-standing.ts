import { recordEvent } from "../journal/events.ts";
import { insertRollout, setState } from "../journal/rollouts.ts";
import { insertSteps, stepsStand } from "../journal/steps.ts";
import type { Plan } from "../model/plan.ts";
import type { Program } from "../model/program.ts";
import type { Session } from "../postgres/session.ts";

/** A plan whose work stands in the database already, though Segue did not run it. */
export interface Standing {
  readonly plan: Plan;
  readonly program: Program;
  /** How the history calls it, and what it tells of it. */
  readonly event: { readonly type: string; readonly detail: Readonly<Record<string, unknown>> };
}

/** Who takes over what stood before Segue. */
export interface Recorder {
  readonly actor: string;
  readonly toolVersion: string;
}

/**
 * Records it as a completed rollout, in the caller's transaction: as if Segue had run it, so that a reversal runs its undo
 * steps. There is no snapshot of the catalog before it, so none is compared with.
 */
export async function recordStanding(
  session: Session,
  { plan, program, event }: Standing,
  { actor, toolVersion }: Recorder,
): Promise<void> {
  const rollout = await insertRollout(session, { plan, program, actor, toolVersion });
  for (const stage of ["expand", "backfill", "cutover", "drop"] as const)
    await insertSteps(session, rollout, stage, program[stage]);
  await stepsStand(session, rollout);
  await setState(session, rollout, "completed");
  await recordEvent(session, rollout, event.type, event.detail, actor);
}
