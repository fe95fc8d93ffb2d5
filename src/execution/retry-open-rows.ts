import type { BatchStep } from "../backfill/lane.ts";
import { retryRows } from "../backfill/retry-rows.ts";
import { recordEvent } from "../journal/events.ts";
import { fence } from "../journal/lease.ts";
import { openEntries, type OpenEntry, openQuarantine } from "../journal/quarantine.ts";
import { rolloutById, setError } from "../journal/rollouts.ts";
import { stepsOf } from "../journal/steps.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import type { Rollout } from "../model/rollout.ts";
import { fillContext, verificationsOf } from "./fill-step.ts";
import { adviceForOpen, canRetry, whyNoRetry } from "./quarantine-advice.ts";
import { requireSyncIntact } from "./sync-guard.ts";
import type { Runner } from "./runner.ts";

/**
 * Tries every row again that is in quarantine, by the fills that have begun, and leaves the rest of the backfill alone.
 *
 * @param before the rollout as it was before this run
 * @returns how many rows are still open
 * @throws SegueError SEG0302 in a state in which rows are not filled by themselves
 */
export async function retryOpenRows(runner: Runner, before: Pick<Rollout, "epoch" | "error">): Promise<number> {
  const { observer, session, rollout, epoch } = runner;
  // Taking the lease has cleared it. It stands until what failed is tried again, unless somebody did so in between.
  const failure = epoch === before.epoch + 1 ? before.error : null;
  if (failure !== null) {
    await session.transaction(async () => {
      await fence(session, rollout, epoch);
      await setError(session, rollout, failure);
    });
  }
  requireRetriable(await rolloutById(observer, rollout));
  await requireSyncIntact(runner);
  const tried = await openEntries(observer, rollout);
  for (const step of await begun(runner)) {
    // Looked at again: a fill before this one may have settled a trigger's row.
    if (!(await openEntries(observer, rollout)).some((entry) => concerns(step, entry))) continue;
    runner.checkpoint();
    await retryRows(fillContext(runner), step, verificationsOf(runner, step));
  }
  return await session.transaction(async () => {
    await fence(session, rollout, epoch);
    const left = await openEntries(session, rollout);
    const open = new Set(left.map(({ id }) => id));
    const settled = tried.filter(({ id }) => !open.has(id)).length;
    await recordEvent(session, rollout, "quarantine retried", { tried: tried.length, settled, left: left.length });
    if (failure?.code === "SEG0404") await setError(session, rollout, await errorOf(runner, failure, left.length));
    return left.length;
  });
}

/** A step that has no extents yet has nothing to try: what it fills, it fills whole. */
async function begun({ observer, rollout }: Runner): Promise<readonly BatchStep[]> {
  return (await stepsOf(observer, rollout)).flatMap(({ stage, state, step }) =>
    stage === "backfill" && state !== "pending" && (step.kind === "fill" || step.kind === "rows") ? [step] : [],
  );
}

function concerns(step: BatchStep, entry: OpenEntry): boolean {
  return (
    entry.step === step.id ||
    (step.kind === "fill" && entry.step === "" && relationKey(entry.name) === relationKey(step.table))
  );
}

/** What a rollout says that failed on rows. */
async function errorOf(
  { session, rollout }: Runner,
  error: NonNullable<Rollout["error"]>,
  left: number,
): Promise<Rollout["error"]> {
  const [first] = (await openQuarantine(session, rollout, 1)).sample;
  if (first === undefined) return null;
  const count = `${left} row${left === 1 ? "" : "s"}`;
  return { ...error, message: `${count} can't be filled, such as ${first.table} ${first.key}: ${first.error}` };
}

/** @throws SegueError SEG0302 in a state in which the rollout's fills can't be run for single rows */
export function requireRetriable({ plan, state }: Pick<Rollout, "plan" | "state">): void {
  if (canRetry(state)) return;
  const next = adviceForOpen(plan, state);
  throw new SegueError("SEG0302", {
    message: `${plan} is ${state}: ${whyNoRetry(state)}`,
    object: plan,
    left: "Nothing changed.",
    ...(next === null ? {} : { next }),
  });
}
