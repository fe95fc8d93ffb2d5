import type { TransactionStep } from "../model/step.ts";
import { recordEvent } from "../journal/events.ts";
import { fence } from "../journal/lease.ts";
import { stepDone, type StepRecord, stepWaited } from "../journal/steps.ts";
import { withShortLocks } from "../postgres/lock-waits.ts";
import type { Session } from "../postgres/session.ts";
import { blockerInfo } from "./blocker-info.ts";
import { expressionPath } from "./expression-path.ts";
import type { Runner } from "./runner.ts";

/**
 * Runs a step's statements and marks it done, all in one transaction: it happened once or not at all. If the answer of
 * COMMIT is lost, the journal's row tells after the reconnect.
 */
export async function runTransaction(
  runner: Runner,
  record: StepRecord,
  step: Omit<TransactionStep, "undo">,
): Promise<void> {
  const { session, observer, rollout, epoch, program } = runner;
  const { lock } = program.settings;
  const statements = async (): Promise<void> => {
    await session.query(`SET LOCAL search_path = ${expressionPath(step.table?.schema ?? program.schema)}`);
    for (const statement of step.statements) await session.query(statement);
  };
  const finish = async (): Promise<void> => {
    await stepDone(session, rollout, record);
    await recordEvent(session, rollout, "step done", { step: step.id, title: step.title, sql: step.statements });
  };
  if (step.patience === "long") {
    await session.transaction(async () => {
      await session.query(`SET LOCAL lock_timeout = ${lock.budget}`);
      await statements();
      // Only now: the fence holds a takeover off, and a validation may take hours.
      await fence(session, rollout, epoch);
      await finish();
    });
    return;
  }
  await withShortLocks(
    session,
    observer,
    async () => {
      await fence(session, rollout, epoch);
      await statements();
      await finish();
    },
    {
      lockTimeout: lock.timeout,
      budget: lock.budget,
      object: step.title,
      plan: runner.plan,
      signal: runner.options.signal,
      onWait: ({ attempt, waited, blockers }) => {
        runner.emit({ type: "lock_wait", step: step.id, attempt, waited, blockers: blockers.map(blockerInfo) });
        void noteWait(observer, rollout, record, step.title, blockers.map(blockerInfo));
      },
    },
  );
}

async function noteWait(
  observer: Session,
  rollout: string,
  record: StepRecord,
  title: string,
  blockers: readonly unknown[],
): Promise<void> {
  try {
    await stepWaited(observer, rollout, record);
    await recordEvent(observer, rollout, "lock wait", { step: record.step.id, title, blockers });
  } catch {
    // The history lacks a line; the wait itself goes on.
  }
}
