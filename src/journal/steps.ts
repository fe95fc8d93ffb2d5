import type { Stage } from "../model/phase.ts";
import type { Step, UndoStep } from "../model/step.ts";
import type { Session } from "../postgres/session.ts";

/** `undone` steps were taken back by a reversal; running forward again sets them to pending. */
export type StepState = "pending" | "running" | "done" | "undone";

/** A step's row. Reversals store their steps in the same table, under the stage `reverse`. */
export interface StepRecord {
  readonly stage: Stage;
  readonly ordinal: number;
  readonly step: Step | UndoStep;
  readonly state: StepState;
  readonly attempts: number;
  readonly lockWaits: number;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly error: { readonly message: string; readonly sqlstate: string | null } | null;
}

interface StepRow {
  stage: Stage;
  ordinal: number;
  step: Step | UndoStep;
  state: StepState;
  attempts: number;
  lock_waits: number;
  started_at: Date | null;
  finished_at: Date | null;
  error: StepRecord["error"];
}

/** Adds the steps of a stage, in the caller's transaction. */
export async function insertSteps(
  session: Session,
  rollout: string,
  stage: Stage,
  steps: readonly (Step | UndoStep)[],
): Promise<void> {
  if (steps.length === 0) return;
  await session.query(
    `INSERT INTO segue.step (rollout, stage, ordinal, step)
     SELECT $1, $2, s.ordinal, s.step FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS s (step, ordinal)`,
    [rollout, stage, JSON.stringify(steps)],
  );
}

/** Marks all steps of a rollout as done that nobody ran here: what they do stands already. Since when is not known. */
export async function stepsStand(session: Session, rollout: string): Promise<void> {
  await session.query(`UPDATE segue.step SET state = 'done', finished_at = clock_timestamp() WHERE rollout = $1`, [
    rollout,
  ]);
}

/** Forgets the steps of an earlier reversal, so that a new one can be recorded. */
export async function clearReversal(session: Session, rollout: string): Promise<void> {
  await session.query(`DELETE FROM segue.step WHERE rollout = $1 AND stage = 'reverse'`, [rollout]);
}

/** All steps of a rollout, in the order in which they run. */
export async function stepsOf(session: Session, rollout: string): Promise<readonly StepRecord[]> {
  const { rows } = await session.query<StepRow>(
    `SELECT stage, ordinal, step, state, attempts, lock_waits, started_at, finished_at, error FROM segue.step
      WHERE rollout = $1
      ORDER BY array_position(ARRAY['expand','backfill','cutover','drop','reverse'], stage), ordinal`,
    [rollout],
  );
  return rows.map((row) => ({
    stage: row.stage,
    ordinal: row.ordinal,
    step: row.step,
    state: row.state,
    attempts: row.attempts,
    lockWaits: row.lock_waits,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    error: row.error,
  }));
}

/** What resume reads: the first step of a stage that is not done, or null. */
export async function nextStep(session: Session, rollout: string, stage: Stage): Promise<StepRecord | null> {
  const all = await stepsOf(session, rollout);
  return all.find((record) => record.stage === stage && record.state !== "done") ?? null;
}

/** Records that a step begins, before anything of it is sent: a step that may have left something is never `pending`. */
export async function stepStarted(session: Session, rollout: string, { stage, ordinal }: StepRecord): Promise<void> {
  await session.query(
    `UPDATE segue.step SET state = 'running', attempts = attempts + 1, error = NULL, finished_at = NULL,
       started_at = coalesce(started_at, clock_timestamp()) WHERE rollout = $1 AND stage = $2 AND ordinal = $3`,
    [rollout, stage, ordinal],
  );
}

/** Records that a step is done; for a transactional step in its own transaction. */
export async function stepDone(session: Session, rollout: string, { stage, ordinal }: StepRecord): Promise<void> {
  await session.query(
    `UPDATE segue.step SET state = 'done', error = NULL, finished_at = clock_timestamp()
      WHERE rollout = $1 AND stage = $2 AND ordinal = $3`,
    [rollout, stage, ordinal],
  );
}

/** Records why a step failed; it stays `running`, to be taken up by resume. */
export async function stepFailed(
  session: Session,
  rollout: string,
  { stage, ordinal }: StepRecord,
  error: NonNullable<StepRecord["error"]>,
): Promise<void> {
  await session.query(`UPDATE segue.step SET error = $4 WHERE rollout = $1 AND stage = $2 AND ordinal = $3`, [
    rollout,
    stage,
    ordinal,
    JSON.stringify(error),
  ]);
}

/** Counts one wait for a lock. */
export async function stepWaited(session: Session, rollout: string, { stage, ordinal }: StepRecord): Promise<void> {
  await session.query(
    `UPDATE segue.step SET lock_waits = lock_waits + 1 WHERE rollout = $1 AND stage = $2 AND ordinal = $3`,
    [rollout, stage, ordinal],
  );
}

/** Sets the steps of some stages to be run again, after a reversal took them back. */
export async function resetSteps(
  session: Session,
  rollout: string,
  stages: readonly Stage[],
  state: "pending" | "undone",
): Promise<void> {
  await session.query(
    `UPDATE segue.step SET state = $3, started_at = CASE WHEN $3 = 'pending' THEN NULL ELSE started_at END
      WHERE rollout = $1 AND stage = ANY ($2) AND state <> 'pending'`,
    [rollout, stages, state],
  );
}
