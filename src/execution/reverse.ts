import { SegueError } from "../model/errors.ts";
import type { Stage } from "../model/phase.ts";
import { relationKey } from "../model/relation.ts";
import type { RolloutState } from "../model/rollout.ts";
import type { FillStep, Loss, UndoStep } from "../model/step.ts";
import { recordEvent } from "../journal/events.ts";
import { lockRollouts, rolloutById, setReverseTo } from "../journal/rollouts.ts";
import { clearReversal, insertSteps, resetSteps, type StepRecord, stepsOf } from "../journal/steps.ts";
import { snapshotOf } from "../journal/snapshots.ts";
import type { Session } from "../postgres/session.ts";
import { snapshotCatalog } from "../postgres/snapshot.ts";
import { diffSnapshots } from "../postgres/snapshot-diff.ts";
import { advance } from "./advance.ts";
import { refuseOverlap, refuseReading } from "./refuse-overlap.ts";
import { refuseShown } from "./refuse-shown.ts";
import { runStage } from "./run-stage.ts";
import type { Runner } from "./runner.ts";

export interface ReverseOptions {
  /** `ready` takes back only the cut-over. */
  readonly to: "start" | "ready";
  /** Flags that accept a loss: `--drop-data`, `--keep-nullable`, `--lose-values`. */
  readonly accept: readonly NonNullable<Loss["flag"]>[];
  /** SQL value, over `segue_row`, for the NULLs of columns that become NOT NULL again. */
  readonly fill: string | null;
}

export interface Reversal {
  readonly steps: readonly (UndoStep | FillStep)[];
  readonly losses: readonly { readonly loss: Loss; readonly count: number; readonly sample: readonly string[] }[];
  /** What is left as it is by then, which is no reason to refuse. */
  readonly stays: readonly string[];
  /** Steps that ran and can't be taken back, with the reason. */
  readonly irreversible: readonly { readonly title: string; readonly reason: string }[];
}

const STAGES: Readonly<Record<ReverseOptions["to"], readonly Stage[]>> = {
  start: ["cutover", "backfill", "expand"],
  ready: ["cutover"],
};

/** What a reversal would do and lose, from the journal and the catalog. Reads only. */
export async function planReversal(
  session: Session,
  rollout: string,
  losses: readonly Loss[],
  { to, accept, fill }: ReverseOptions,
): Promise<Reversal> {
  const records = await stepsOf(session, rollout);
  const ran = STAGES[to]
    .flatMap((stage) => records.filter((record) => record.stage === stage).toReversed())
    .filter((record) => mayHaveLeftSomething(record));
  const ids = new Set(ran.map((record) => record.step.id));
  const cutOver = records.some((record) => record.stage === "cutover" && record.state === "done");
  const found: Reversal["losses"][number][] = [];
  for (const loss of losses) {
    if (!ids.has(loss.step) || !isDone(ran, loss.step)) continue;
    const { count: counting, sample: sampling } = cutOver ? (loss.hidden ?? loss) : loss;
    const counted = await session.query<{ count: string }>(counting);
    const count = Number(counted.rows[0]?.count ?? 0);
    if (count === 0) continue;
    const sample = await session.query(sampling);
    found.push({ loss, count, sample: sample.rows.map((row) => String(Object.values(row)[0])) });
  }
  const keepNullable = accept.includes("--keep-nullable");
  const undo = ran
    .flatMap(({ step }) => ("undo" in step ? step.undo : []))
    .filter(({ onlyTo }) => onlyTo === undefined || onlyTo === to);
  const kept = undo.filter((step) => !(keepNullable && step.restoresNotNull !== undefined));
  return {
    steps:
      fill === null
        ? kept
        : withFills(
            kept,
            found.flatMap(({ loss }) => loss.fillable ?? []),
            fill,
          ),
    losses: found,
    stays: ran.flatMap(({ step }) => step.stays ?? []),
    irreversible: ran.flatMap(({ step, state }) =>
      state === "done" && step.irreversible !== undefined ? [{ title: step.title, reason: step.irreversible }] : [],
    ),
  };
}

/** A transaction that did not commit left nothing; anything else that was begun may have left half of itself. */
function mayHaveLeftSomething({ state, step }: StepRecord): boolean {
  return state === "done" || (state === "running" && step.kind !== "transaction");
}

function isDone(records: readonly StepRecord[], id: string): boolean {
  return records.some((record) => record.step.id === id && record.state === "done");
}

/** The NULLs are filled once the column has its name again, right before it is required. */
function withFills(
  steps: readonly UndoStep[],
  columns: readonly NonNullable<Loss["fillable"]>[],
  value: string,
): readonly (UndoStep | FillStep)[] {
  const done = new Set<string>();
  return steps.flatMap((step) => {
    const column = columns.find(
      (c) =>
        c.column === step.restoresNotNull && step.table !== null && relationKey(c.table) === relationKey(step.table),
    );
    if (column === undefined || done.has(JSON.stringify(column))) return [step];
    done.add(JSON.stringify(column));
    return [fillStep(column, value), step];
  });
}

function fillStep({ table, column }: NonNullable<Loss["fillable"]>, value: string): FillStep {
  return {
    kind: "fill",
    id: `reverse.fill.${table.schema}.${table.name}.${column}`,
    title: `fill the NULLs of ${table.schema}.${table.name}.${column}`,
    table,
    set: [{ column, value }],
    where: `segue_row."${column.replaceAll('"', '""')}" IS NULL`,
    userTriggers: "fire",
    undo: [],
  };
}

/**
 * Takes the rollout back: to before expand, or to `ready`. The undo steps are recorded before the first of them runs, so
 * that an interrupted reversal goes on from the journal like everything else.
 *
 * @throws SegueError SEG0304 if something would be lost that was not accepted; SEG0105 if it is completed, and another
 *   rollout works on the same by now, or a later version shows it
 */
export async function reverse(runner: Runner, options: ReverseOptions): Promise<RolloutState> {
  const { session, observer, rollout, program } = runner;
  const before = await rolloutById(observer, rollout);
  // Asked again, or after the answer to the last commit was lost.
  if (before.state === "reversed" || (before.state === "ready" && options.to === "ready")) return before.state;
  if (before.state !== "reversing") {
    requireStageToUndo(before.state, options.to);
    const reversal = await planReversal(session, rollout, program.losses, options);
    refuseLosses(runner.plan, reversal, options);
    await advance(runner, { type: "reverse started" }, async () => {
      if (before.state === "completed") {
        // It was out of flight: others may have begun to work on what it left.
        await lockRollouts(session);
        await refuseOverlap(session, runner.plan, program.touches);
        await refuseReading(session, program);
        await refuseShown(session, rollout, program);
      }
      await setReverseTo(session, rollout, options.to);
      await clearReversal(session, rollout);
      await insertSteps(session, rollout, "reverse", reversal.steps);
      await recordEvent(session, rollout, "reversal planned", {
        to: options.to,
        accepted: options.accept,
        steps: reversal.steps.length,
        stays: reversal.stays,
      });
    });
    if (reversal.stays.length > 0) runner.emit({ type: "stays", what: reversal.stays });
  }
  const to = (await rolloutById(observer, rollout)).reverseTo ?? options.to;
  await runStage(runner, "reverse");
  const differences = to === "start" ? await catalogDifferences(runner) : null;
  const state = await advance(runner, { type: "reverse done", to }, async () => {
    await resetSteps(session, rollout, STAGES[to], to === "ready" ? "pending" : "undone");
    // With the state: a runner that dies in between compares again, and none ends without having compared.
    if (differences !== null) await recordEvent(session, rollout, "catalog compared", { differences });
  });
  if (differences !== null && differences.length > 0) runner.emit({ type: "catalog_differs", differences });
  return state;
}

function requireStageToUndo(state: RolloutState, to: ReverseOptions["to"]): void {
  if (to !== "ready" || state === "contracting" || state === "soaking") return;
  throw new SegueError("SEG0302", {
    message: `the rollout is ${state}: there is no cut-over to take back`,
    next: "segue reverse without --to takes the whole rollout back",
  });
}

function accepts(accept: ReverseOptions["accept"], { flag }: Loss): boolean {
  return flag !== null && accept.includes(flag);
}

/** @throws SegueError SEG0304 */
function refuseLosses(plan: string, reversal: Reversal, { accept, fill }: ReverseOptions): void {
  const open = reversal.losses.filter(
    ({ loss }) => !accepts(accept, loss) && !(fill !== null && loss.fillable !== undefined),
  );
  const stuck = reversal.irreversible;
  if (open.length === 0 && stuck.length === 0) return;
  const flags = [...new Set(open.flatMap(({ loss }) => loss.flag ?? []))];
  const ways = [...flags, ...(open.some(({ loss }) => loss.fillable !== undefined) ? ["--fill '<expression>'"] : [])];
  const command = `segue reverse ${plan}${ways.length > 0 ? ` with ${ways.join(" or ")}` : ""}`;
  const repair = open.some(({ loss }) => loss.flag === null);
  throw new SegueError("SEG0304", {
    message: "the reversal would not be exact",
    object: plan,
    problems: [
      ...open.map(({ loss, count, sample }) => ({
        message: `${loss.what}: ${count} rows, such as ${sample.join(", ")}`,
      })),
      ...stuck.map(({ title, reason }) => ({ message: `${title}: ${reason}` })),
    ],
    ...(repair ? { next: `repair the rows that nothing can accept, then ${command}` } : {}),
    ...(!repair && ways.length > 0 ? { next: command } : {}),
  });
}

/**
 * The proof of a reversal: the catalog is what it was. What others changed meanwhile shows here too, so it is told, not an
 * error. Null if the rollout began without a snapshot.
 */
async function catalogDifferences({ observer, session, rollout }: Runner): Promise<readonly string[] | null> {
  const before = await snapshotOf(observer, rollout);
  return before === null ? null : diffSnapshots(before, await snapshotCatalog(session, {}));
}
