import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import type { Verification } from "../model/step.ts";
import type { BackfillEvent, FillContext } from "../backfill/context.ts";
import type { BatchStep } from "../backfill/lane.ts";
import { runFill } from "../backfill/run-fill.ts";
import { recordEvent } from "../journal/events.ts";
import { fence } from "../journal/lease.ts";
import { openQuarantine, sampleLines } from "../journal/quarantine.ts";
import { stepDone, type StepRecord } from "../journal/steps.ts";
import { blockerInfo } from "./blocker-info.ts";
import type { Runner, UnnamedEvent } from "./runner.ts";

/**
 * Fills a table or changes listed rows, and marks the step done once a sweep has proved that nothing is left.
 *
 * @throws SegueError SEG0404 while rows are put aside because their value can't be computed
 */
export async function runFillStep(runner: Runner, record: StepRecord, step: BatchStep): Promise<void> {
  const { session, rollout, epoch } = runner;
  const result = await runFill(fillContext(runner), step, {}, verificationsOf(runner, step));
  if (result.quarantined > 0) throw await rowsLeft(runner, step, result.quarantined);
  await session.transaction(async () => {
    await fence(session, rollout, epoch);
    await stepDone(session, rollout, record);
    await recordEvent(session, rollout, "step done", { step: step.id, title: step.title, rows: result.rows });
  });
}

/** By which rows of a fill's table must be right that triggers have put aside. */
export function verificationsOf(
  { program }: Pick<Runner, "program">,
  { kind, table }: BatchStep,
): readonly Verification[] {
  return kind === "fill" ? program.verify.filter((one) => relationKey(one.table) === relationKey(table)) : [];
}

/**
 * What fills and verifications are given.
 *
 * @param joined true for a worker beside the runner: what it tells of itself says nothing of the runner
 */
export function fillContext(
  runner: Pick<
    Runner,
    | "session"
    | "observer"
    | "plan"
    | "rollout"
    | "epoch"
    | "program"
    | "options"
    | "connect"
    | "openProbe"
    | "onAsked"
    | "emit"
    | "intents"
  >,
  joined = false,
): FillContext {
  const { session, observer, plan, rollout, epoch, program, options } = runner;
  return {
    session,
    connect: (part) => runner.connect(part),
    observer,
    plan,
    rollout,
    epoch,
    joined,
    settings: program.settings.backfill,
    signal: options.signal,
    emit: (event) => {
      if (event.type !== "released") runner.emit(translated(event));
      if (JOURNALED.includes(event.type)) {
        recordEvent(observer, rollout, event.type, { ...event, ...(joined ? { joined } : {}) }).catch(() => {});
      }
    },
    intents: () => runner.intents(),
    onAsked: (listener) => runner.onAsked(listener),
    openProbe: () => runner.openProbe(),
  };
}

const JOURNALED: readonly BackfillEvent["type"][] = [
  "throttled",
  "paused",
  "resumed",
  "released",
  "workers",
  "restarted",
  "quarantined",
  "method_changed",
  "vacuumed",
];

function translated(event: Exclude<BackfillEvent, { type: "released" }>): UnnamedEvent {
  switch (event.type) {
    case "progress":
      return {
        type: "progress",
        table: relationKey(event.table),
        stage: event.stage,
        done: event.blocks.done,
        total: event.blocks.total,
        unit: "blocks",
        rows: event.rows,
        rowsPerSecond: event.rowsPerSecond,
        eta: event.eta === null ? null : { least: event.eta.low, most: event.eta.high },
        walBytes: event.walBytes,
        hotShare: event.hotShare,
        lagMs: event.lagMs,
      };
    case "locked":
      return { type: "rows_locked", table: relationKey(event.table), blockers: event.blockers.map(blockerInfo) };
    case "restarted":
      return { type: "restarted", table: relationKey(event.table) };
    case "quarantined":
      return { ...event, table: relationKey(event.table) };
    case "swept":
      return { ...event, table: relationKey(event.table) };
    case "method_changed":
    case "vacuumed":
      return { ...event, table: relationKey(event.table) };
    case "throttled":
    case "workers":
    case "paused":
    case "resumed":
      return event;
    default:
      return event satisfies never;
  }
}

async function rowsLeft(runner: Runner, { kind, table }: BatchStep, count: number): Promise<SegueError> {
  const open = await openQuarantine(runner.observer, runner.rollout);
  const name = relationKey(table);
  return new SegueError("SEG0404", {
    message: `${count} row${count === 1 ? "" : "s"} of ${name} could not be ${kind === "fill" ? "filled" : "changed"}`,
    object: name,
    problems: sampleLines(runner.plan, open),
    left: kind === "fill" ? "All other rows are filled and kept in sync." : "All other rows are changed.",
    next: `mend these rows or the plan's expression, then segue resume ${runner.plan}; or segue reverse ${runner.plan}`,
    detail: { count },
  });
}
