import { canSetReplicationRole } from "../postgres/server.ts";
import { sessionPrefix } from "../postgres/session-name.ts";
import { ClaimKeeper } from "./claim-keeper.ts";
import { ColdVacuum } from "./cold-vacuum.ts";
import type { FillContext } from "./context.ts";
import { fenced } from "./fence.ts";
import type { Fill } from "./fill.ts";
import { batchLimits, fillSettings, rowsSettings, SKIP_USER_TRIGGERS, withSettings } from "./fill-settings.ts";
import { HotWatch } from "./hot-watch.ts";
import type { BatchStep } from "./lane.ts";
import { Pacing } from "./pacing.ts";
import { Brake, withBrake } from "./throttle/brake.ts";
import { signalsOf } from "./throttle/signals-of.ts";
import { Tracker } from "./tracker.ts";
import { Worker } from "./worker.ts";

/** Sets a process up to work on a step, with its first worker, for the time of `work`. */
export async function withFill<T>(
  context: FillContext,
  step: BatchStep,
  work: (fill: Fill, worker: Worker) => Promise<T>,
  hotEvery?: number,
): Promise<T> {
  const stop = new AbortController();
  const stoppable = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  const signals = signalsOf(context.settings.throttle, sessionPrefix(context.rollout));
  return await withBrake(new Brake(stoppable, signals), (brake) =>
    withWorker(stoppable, { step, brake }, async (worker) => {
      const tracker = new Tracker(context, step.table, {
        sweeps: true,
        updates: step.kind === "fill",
        lag: () => brake.lag,
      });
      const keeper = new ClaimKeeper(worker, tracker);
      const tree = { leaves: [], primaryKey: [] };
      try {
        const hotWatch = new HotWatch(context, filledColumns(step), hotEvery);
        const coldVacuum = new ColdVacuum(context);
        return await work(
          { step, brake, tracker, hotWatch, coldVacuum, keeper, tree, stop, passed: new Set() },
          worker,
        );
      } finally {
        await keeper.stop();
      }
    }),
  );
}

/** Sets a session up to work on a step, for the time of `work`. */
export async function withWorker<T>(
  context: FillContext,
  { step, brake }: Pick<Fill, "step" | "brake">,
  work: (worker: Worker) => Promise<T>,
): Promise<T> {
  const { session } = context;
  const limits = batchLimits(await deadlockTimeout(context));
  const canSkipSync = step.kind === "fill" && step.userTriggers === "fire" && (await canSetReplicationRole(session));
  const worker = new Worker(context, step, new Pacing(context, brake), limits.statementTimeout, canSkipSync);
  const triggers = step.userTriggers === "skip" ? SKIP_USER_TRIGGERS : {};
  const ours = step.kind === "rows" ? rowsSettings(step.table, limits) : fillSettings(context.plan, step.table, limits);
  return await withSettings(session, { ...ours, ...triggers }, async () => {
    // A transaction of nothing but the fence, which locks a row and so has a commit to write.
    await worker.calibrate(fenced(context));
    return await work(worker);
  });
}

function filledColumns(step: BatchStep): readonly string[] {
  return step.kind === "fill" ? step.set.map(({ column }) => column) : [];
}

async function deadlockTimeout({ session }: FillContext): Promise<number> {
  const { rows } = await session.query<{ ms: number }>(
    "SELECT setting::int AS ms FROM pg_settings WHERE name = 'deadlock_timeout'",
  );
  return rows[0]?.ms ?? 1000;
}
