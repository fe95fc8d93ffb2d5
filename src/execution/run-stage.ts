import { SegueError } from "../model/errors.ts";
import type { Stage } from "../model/phase.ts";
import type { Step, UndoStep } from "../model/step.ts";
import { recordEvent } from "../journal/events.ts";
import { fence } from "../journal/lease.ts";
import { setError } from "../journal/rollouts.ts";
import { nextStep, stepFailed, type StepRecord, stepStarted } from "../journal/steps.ts";
import { sleep } from "../postgres/sleep.ts";
import { isConnectionLoss, SQLSTATE, sqlstateOf } from "../postgres/sqlstate.ts";
import { qualified } from "../sql/identifier.ts";
import { requireNameFree, runConcurrent } from "./concurrent-step.ts";
import { runFillStep } from "./fill-step.ts";
import { requireSyncIntact } from "./sync-guard.ts";
import { runTransaction } from "./transaction-step.ts";
import type { Runner } from "./runner.ts";

/**
 * Runs what is left of a stage, step after step, by what the journal says is next.
 *
 * @throws SegueError SEG0401, SEG0402, SEG0404 if a step fails; the rollout stays as it is and can be resumed or reversed
 */
export async function runStage(runner: Runner, stage: Stage): Promise<void> {
  for (;;) {
    await obeyIntents(runner);
    runner.checkpoint();
    const record = await nextStep(runner.session, runner.rollout, stage);
    if (record === null) return;
    if (stage === "backfill" || stage === "cutover") await requireSyncIntact(runner);
    await runStep(runner, record);
  }
}

async function runStep(runner: Runner, record: StepRecord): Promise<void> {
  const { session, rollout, epoch } = runner;
  const { step, stage } = record;
  const started = performance.now();
  try {
    await requireNameFree(runner, record);
  } catch (error) {
    await noteFailure(runner, record, error);
    throw error;
  }
  await session.transaction(async () => {
    await fence(session, rollout, epoch);
    await stepStarted(session, rollout, record);
    await recordEvent(session, rollout, "step started", { stage, step: step.id, title: step.title });
  });
  const reads = await bytesRead(runner, step);
  runner.emit({ type: "step_started", stage, step: step.id, title: step.title, attempt: record.attempts + 1, reads });
  try {
    await dispatch(runner, record, step);
  } catch (error) {
    await noteFailure(runner, record, error);
    throw described(runner.plan, record, error);
  }
  runner.emit({ type: "step_done", stage, step: step.id, title: step.title, ms: performance.now() - started });
}

/** The server tells no progress of a VALIDATE: how much it has to read is all that is known. */
async function bytesRead({ observer }: Runner, step: Step | UndoStep): Promise<number | null> {
  if (step.kind !== "transaction" || step.patience !== "long" || step.table === null) return null;
  const { rows } = await observer.query<{ bytes: number }>(
    `SELECT coalesce((SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree(t.oid)), pg_relation_size(t.oid))::float8 AS bytes
       FROM to_regclass($1) AS t (oid) WHERE t.oid IS NOT NULL`,
    [qualified(step.table)],
  );
  return rows[0]?.bytes ?? null;
}

async function dispatch(runner: Runner, record: StepRecord, step: Step | UndoStep): Promise<void> {
  switch (step.kind) {
    case "transaction":
      return await runTransaction(runner, record, step);
    case "concurrent":
      return await runConcurrent(runner, record, step);
    case "fill":
    case "rows":
      return await runFillStep(runner, record, step);
    default:
      return step satisfies never;
  }
}

/** A pause waits here; a cancellation ends the run. Both survive restarts and come from other hosts. */
async function obeyIntents(runner: Runner): Promise<void> {
  let paused = false;
  const tell = async (type: "paused" | "resumed"): Promise<void> => {
    paused = type === "paused";
    await recordEvent(runner.observer, runner.rollout, type, { throttledMs: 0 });
    runner.emit({ type, throttledMs: 0 });
  };
  for (;;) {
    const announced = announcement(runner);
    try {
      const intents = await runner.intents();
      if (intents.cancel) throw cancelled(runner.plan);
      if (!intents.pause) break;
      if (!paused) await tell("paused");
      runner.checkpoint();
      await sleep(POLL_MS, AbortSignal.any([announced.signal, runner.options.signal])).catch(() => {});
    } finally {
      announced.stop();
    }
  }
  if (paused) await tell("resumed");
}

/** Where announcements do not arrive, intents are looked for this often. */
const POLL_MS = 500;

/** Aborted by the next thing that is announced of the rollout. */
function announcement(runner: Runner): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  return { signal: controller.signal, stop: runner.onAsked(() => controller.abort()) };
}

/** What a run ends with when `segue cancel` asked for it. */
function cancelled(plan: string): SegueError {
  return new SegueError("SEG0308", {
    message: `${plan} was cancelled on request, after a checkpoint`,
    object: plan,
    left: "All progress is recorded.",
    next: `segue resume ${plan} goes on; segue reverse ${plan} takes it back`,
  });
}

async function noteFailure(runner: Runner, record: StepRecord, error: unknown): Promise<void> {
  if (isConnectionLoss(error) || runner.session.closed) return;
  if (error instanceof SegueError && ["SEG0403", "SEG0308", "SEG0309"].includes(error.code)) return;
  const message = error instanceof Error ? error.message : String(error);
  const sqlstate = sqlstateOf(error) ?? null;
  await runner.session
    .transaction(async () => {
      await fence(runner.session, runner.rollout, runner.epoch);
      await stepFailed(runner.session, runner.rollout, record, { message, sqlstate });
      await setError(runner.session, runner.rollout, {
        code: codeOf(error),
        message: `${record.step.title}: ${message}`,
        step: record.step.id,
      });
      await recordEvent(runner.session, runner.rollout, "step failed", {
        step: record.step.id,
        title: record.step.title,
        message,
        sqlstate,
      });
    })
    .catch(() => {});
}

function codeOf(error: unknown): string {
  return error instanceof SegueError ? error.code : "SEG0401";
}

function described(plan: string, record: StepRecord, error: unknown): unknown {
  if (error instanceof SegueError || isConnectionLoss(error)) return error;
  const sqlstate = sqlstateOf(error);
  if (sqlstate === SQLSTATE.fenced) {
    return new SegueError("SEG0403", {
      message: `another runner has taken over ${plan}`,
      object: plan,
      next: `segue status ${plan}`,
      cause: error,
    });
  }
  if (sqlstate === undefined) return error;
  const { message, detail, hint } = error as { message: string; detail?: string; hint?: string };
  return new SegueError("SEG0401", {
    message: `${record.step.title}: ${message}${detail === undefined ? "" : ` (${detail})`}`,
    // Advice for the statement, and not always for its owner: "Use DROP ... CASCADE".
    problems: hint === undefined ? [] : [{ message: `the server's hint: ${hint}` }],
    object: record.step.id,
    left:
      record.step.kind === "fill" || record.step.kind === "rows"
        ? "The steps before it stand, and of this one the batches that were committed; it goes on behind them."
        : "The steps before it stand, and nothing of this one.",
    next: `settle the cause, then segue resume ${plan}; or segue reverse ${plan}`,
    detail: { sqlstate, step: record.step.id },
    cause: error,
  });
}
