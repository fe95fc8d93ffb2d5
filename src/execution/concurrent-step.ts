import { SegueError } from "../model/errors.ts";
import type { RelationName } from "../model/relation.ts";
import type { ConcurrentStep } from "../model/step.ts";
import { recordEvent } from "../journal/events.ts";
import { fence } from "../journal/lease.ts";
import { stepDone, type StepRecord } from "../journal/steps.ts";
import { SESSION_SETTINGS } from "../postgres/session-settings.ts";
import { readBuildProgress } from "../postgres/build-progress.ts";
import { readBlockers } from "../postgres/blockers.ts";
import type { Session } from "../postgres/session.ts";
import { SQLSTATE, sqlstateOf } from "../postgres/sqlstate.ts";
import { qualified } from "../sql/identifier.ts";
import { blockerInfo } from "./blocker-info.ts";
import { expressionPath } from "./expression-path.ts";
import type { Runner } from "./runner.ts";

/**
 * Runs a statement that can't be in a transaction. On entry the catalog tells whether an earlier attempt finished it
 * (then it is only marked), left half of it (an invalid index is dropped and built again) or nothing.
 */
export async function runConcurrent(
  runner: Runner,
  record: StepRecord,
  step: Omit<ConcurrentStep, "undo">,
): Promise<void> {
  const { session, rollout, epoch } = runner;
  // Held by nobody during the statement: a statement outside a transaction can't be fenced, only found and ended.
  await session.transaction(() => fence(session, rollout, epoch));
  await patiently(runner, step, async () => {
    switch (step.probe.expect) {
      case "index valid":
        return await buildIndex(session, step.statement, step.probe.index);
      case "index absent":
        if ((await indexState(session, step.probe.index)) !== "absent") await session.query(step.statement);
        return;
      case "unknown":
        return await runUncertain(runner, record, step.statement);
      default:
        return step.probe satisfies never;
    }
  });
  await session.transaction(async () => {
    await fence(session, rollout, epoch);
    await stepDone(session, rollout, record);
    await recordEvent(session, rollout, "step done", { step: step.id, title: step.title, sql: [step.statement] });
  });
}

/**
 * The name was free when the plan was compiled. An index that has it before the first attempt is somebody else's: it
 * may neither pass for the plan's, nor be dropped as what is left of it.
 *
 * @throws SegueError SEG0401
 */
export async function requireNameFree({ session, plan }: Runner, { attempts, stage, step }: StepRecord): Promise<void> {
  // What a reversal builds again, a person may have put back before.
  if (step.kind !== "concurrent" || step.probe.expect !== "index valid" || attempts > 0 || stage === "reverse") return;
  if (step.probe.mayExist === true || (await indexState(session, step.probe.index)) === "absent") return;
  const index = qualified(step.probe.index);
  throw new SegueError("SEG0401", {
    message: `${step.title}: there is an index ${index} already, which is not the plan's`,
    object: index,
    left: "The steps before it stand, and nothing of this one.",
    next: `rename or drop that index, then segue resume ${plan}; or segue reverse ${plan}`,
  });
}

async function buildIndex(session: Session, statement: string, index: RelationName): Promise<void> {
  const before = await indexState(session, index);
  if (before === "valid") return;
  const drop = `DROP INDEX CONCURRENTLY IF EXISTS ${qualified(index)}`;
  if (before === "invalid") await session.query(drop);
  try {
    await session.query(statement);
  } catch (error) {
    // Of the same name, and come up meanwhile: somebody else's.
    if (sqlstateOf(error) === SQLSTATE.duplicateTable) throw error;
    // What is left of a failed unique build goes on refusing the application's rows: it must not stay.
    if (!session.closed && (await indexState(session, index)) === "invalid") await session.query(drop);
    throw error;
  }
  // With IF NOT EXISTS or a cancelled wait a statement can succeed over an invalid index.
  if ((await indexState(session, index)) !== "valid") {
    throw new SegueError("SEG0401", {
      message: `index ${qualified(index)} is not valid after its build`,
      object: qualified(index),
      next: "segue resume builds it again",
    });
  }
}

async function indexState(session: Session, { schema, name }: RelationName): Promise<"absent" | "invalid" | "valid"> {
  const { rows } = await session.query<{ valid: boolean }>(
    `SELECT i.indisvalid AND i.indisready AS valid FROM pg_index i
       JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2`,
    [schema, name],
  );
  if (rows[0] === undefined) return "absent";
  return rows[0].valid ? "valid" : "invalid";
}

/**
 * A statement of a person's own: nothing tells whether an attempt that was cut off came through. That the server refused
 * it is known; the journal then has its SQLSTATE.
 */
async function runUncertain(runner: Runner, record: StepRecord, statement: string): Promise<void> {
  if (record.state === "running") {
    const word = runner.takeWord();
    if (word === "skip") return;
    if (word === undefined && (record.error === null || record.error.sqlstate === null)) {
      throw new SegueError("SEG0401", {
        message: `an earlier attempt at this statement was cut off, and nothing tells whether it came through: ${statement}`,
        object: record.step.id,
        next: `look in the database, then segue resume ${runner.plan} --rerun, or --skip if it did come through`,
      });
    }
  }
  await runner.session.query(statement);
}

const RESTORE = [
  "SELECT set_config('lock_timeout', $1, false), set_config('search_path', $2, false)",
  [SESSION_SETTINGS["lock_timeout"], SESSION_SETTINGS["search_path"]],
] as const;

const WATCH_EVERY_MS = 500;

/** No lock_timeout: it would kill a build that waits for an old snapshot and leave an invalid index. Who it waits for is told. */
async function patiently(
  runner: Runner,
  step: Pick<ConcurrentStep, "id" | "table">,
  work: () => Promise<void>,
): Promise<void> {
  const { session, observer } = runner;
  const started = performance.now();
  const path = expressionPath(step.table?.schema ?? runner.program.schema);
  await session.query("SELECT set_config('lock_timeout', '0', false), set_config('search_path', $1, false)", [path]);
  let told = "";
  const watch = setInterval(() => {
    void tellProgress(runner, step.id);
    readBlockers(observer, session.pid).then(
      (blockers) => {
        const now = blockers.map((blocker) => blocker.pid).join();
        if (now !== "" && now !== told) {
          const waited = performance.now() - started;
          runner.emit({ type: "lock_wait", step: step.id, attempt: 1, waited, blockers: blockers.map(blockerInfo) });
        }
        told = now;
      },
      () => {},
    );
  }, WATCH_EVERY_MS);
  try {
    await work();
  } finally {
    clearInterval(watch);
    if (!session.closed) await session.query(...RESTORE);
  }
}

async function tellProgress(runner: Runner, step: string): Promise<void> {
  try {
    const progress = await readBuildProgress(runner.observer, runner.session);
    if (progress !== null) runner.emit({ type: "build_progress", step, ...progress });
  } catch {
    // The build goes on untold.
  }
}
