import { SegueError } from "../model/errors.ts";
import type { SegueEvent } from "../model/events.ts";
import type { Program } from "../model/program.ts";
import type { PartialSettings } from "../model/settings.ts";
import { type Intents, intentsOf, takeCancel } from "../journal/intents.ts";
import { type Claimant, HEARTBEAT_MS, releaseLease, renewLease, takenOver } from "../journal/lease.ts";
import { recordEvent } from "../journal/events.ts";
import { programOf, setError } from "../journal/rollouts.ts";
import { stoppedUntil } from "../journal/stand.ts";
import { completeSettings } from "../plan/merge-settings.ts";
import { settleOrphans } from "../postgres/orphans.ts";
import { retrying } from "../postgres/retry.ts";
import { openSession, type Session, type SessionTarget } from "../postgres/session.ts";
import { sessionName } from "../postgres/session-name.ts";
import { SQLSTATE, sqlstateOf } from "../postgres/sqlstate.ts";
import { announcements } from "./announcements.ts";
import { claimRollout, requireRolloutLock } from "./claim.ts";
import { connectionOf, furtherSessions } from "./further-sessions.ts";

type Unnamed = SegueEvent extends infer E ? (E extends SegueEvent ? Omit<E, "plan"> : never) : never;
export type { Unnamed as UnnamedEvent };

/** How a verb runs; the same for all of them. */
export interface RunOptions {
  readonly target: SessionTarget;
  /** Shown to others while the lease is held: `host:pid`. */
  readonly owner: string;
  /** Recorded as having done what the run does. */
  readonly actor: string;
  /** Aborted: the running batch or step is finished, the cursor saved, and SEG0309 thrown. */
  readonly signal: AbortSignal;
  /** Aborted: the running statement is cancelled. */
  readonly kill: AbortSignal;
  /** Takes the lease even from a live runner: `segue unlock`. */
  readonly force?: boolean;
  /** What to do with a statement that may or may not have run, and that nothing can tell. */
  readonly uncertain?: "rerun" | "skip" | undefined;
  /** For this run alone, over those that the rollout began with. What was compiled from those, such as the soak, stays. */
  readonly settings?: PartialSettings;
  /** `session` once the caller has found a pooler that keeps one server connection a client. */
  readonly pooler?: "none" | "session";
  emit(event: SegueEvent): void;
}

/** A process that holds the lease of one rollout, with its two connections. */
export interface Runner {
  readonly rollout: string;
  readonly plan: string;
  readonly program: Program;
  readonly epoch: number;
  /** Does the work. */
  readonly session: Session;
  /** Heartbeats, looks at locks and intents while the other one is busy. Never in a transaction, which a heartbeat would end up in. */
  readonly observer: Session;
  readonly options: RunOptions;
  /** A further session under the runner's epoch, found and ended by whoever takes over; the caller closes it. */
  connect(part: string): Promise<Session>;
  emit(event: Unnamed): void;
  /** `options.uncertain`, the first time: the word is given for one statement, not for one that is cut off after it. */
  takeWord(): RunOptions["uncertain"];
  /**
   * What people ask of the rollout now. A cancellation is taken with the look at it, and stands for the rest of the run:
   * the answer to taking it may be lost, and the connection made again.
   *
   * @throws SegueError SEG0403 where it is for a runner that has taken over
   */
  intents(): Promise<Intents>;
  /** Calls back whenever something of the rollout is announced, in any process; returns the way to stop it. */
  onAsked(listener: () => void): () => void;
  /** Opens one more session for looking on: read-only, with the path on which the plan's own words are looked up. */
  openProbe(): Promise<Session>;
  /** @throws SegueError SEG0309 if asked to stop, SEG0403 if the lease was lost */
  checkpoint(): void;
}

/** How long a lost connection is tried for again: a restart or a failover of the server fits in. */
const RECONNECT_BUDGET_MS = 120_000;
/** How long a concurrent build that a dead runner left behind may go on by itself. */
const ORPHAN_PATIENCE_MS = 5_000;

/**
 * Takes the lease, ends what earlier runners left, and runs `work`; gives the lease back. A lost connection is made
 * again, under a new epoch, and `work` is run again: it goes on from the journal.
 *
 * @throws SegueError SEG0305 while another runner holds the lease, SEG0403 if another one took over
 */
export async function withRunner<T>(
  options: RunOptions,
  rollout: { readonly id: string; readonly plan: string },
  work: (runner: Runner) => Promise<T>,
): Promise<T> {
  const claimant: Claimant = { plan: rollout.plan, owner: options.owner, force: options.force ?? false, epoch: null };
  let word = options.uncertain;
  const takeWord: Runner["takeWord"] = () => {
    const taken = word;
    word = undefined;
    return taken;
  };
  let cancelled = false;
  const look: Look = async (observer, epoch) => {
    const intents = await intentsOf(observer, rollout.id);
    cancelled ||= intents.cancel;
    if (cancelled) await takeCancel(observer, rollout.id, epoch);
    return { ...intents, cancel: cancelled };
  };
  return await reconnecting(options, rollout.plan, () => once({ ...options, takeWord, look }, claimant, rollout, work));
}

type Look = (observer: Session, epoch: number) => Promise<Intents>;

/** Runs work that can be run again from its beginning, and does so after a lost connection. */
export async function reconnecting<T>(
  { signal, emit }: Pick<RunOptions, "signal" | "emit">,
  plan: string,
  work: () => Promise<T>,
): Promise<T> {
  const attempts = retrying(work, {
    kinds: ["connection"],
    budgetMs: RECONNECT_BUDGET_MS,
    signal,
    onRetry: ({ attempt, delay, error }) =>
      emit({
        type: "reconnecting",
        plan,
        attempt,
        delay,
        reason: error instanceof Error ? error.message : String(error),
      }),
  });
  return await attempts.catch((error: unknown) => {
    // Asked to stop before or between two attempts: the signal's own reason says nothing to people.
    throw signal.aborted && error === signal.reason ? interrupted(plan) : error;
  });
}

async function once<T>(
  options: RunOptions & Pick<Runner, "takeWord"> & { readonly look: Look },
  claimant: Claimant,
  { id, plan }: { readonly id: string; readonly plan: string },
  work: (runner: Runner) => Promise<T>,
): Promise<T> {
  const connection = connectionOf(options);
  // Epoch 0: whoever gets the lease ends this session too, if its process hangs before it has one.
  const observer = await openSession(options.target, { applicationName: sessionName(id, 0, "claim"), ...connection });
  let session: Session | null = null;
  let heartbeat: Heartbeat | null = null;
  try {
    const emit = (event: Unnamed): void => options.emit({ ...event, plan });
    const { epoch, previous } = await claimRollout(observer, id, claimant, options.signal);
    heartbeat = startHeartbeat(observer, { id, plan }, epoch);
    await observer.query(`SELECT set_config('application_name', $1, false)`, [sessionName(id, epoch, "observer")]);
    session = await openSession(options.target, {
      applicationName: sessionName(id, epoch),
      ...connection,
    });
    const settled = await settleOrphans(observer, id, epoch, { patience: ORPHAN_PATIENCE_MS, signal: options.kill });
    await requireRolloutLock(observer, id, options.signal);
    await setError(observer, id, null);
    const throttledMs = previous === null ? 0 : await stoppedUntil(observer, id, previous.seenAt);
    await recordEvent(observer, id, "lease taken", {
      owner: options.owner,
      epoch,
      previous: previous?.owner ?? null,
      orphans: settled.length,
      ...(throttledMs > 0 ? { throttledMs } : {}),
    });
    emit({ type: "lease_taken", owner: options.owner, epoch, previous: previous?.owner ?? null });
    for (const { pid, query, deed } of settled) emit({ type: "orphan_settled", pid, query, deed });
    const { lost } = heartbeat;
    const program = await programOf(observer, id);
    const onAsked = await announcements(observer, id);
    const runner: Runner = {
      rollout: id,
      plan,
      program: { ...program, settings: completeSettings(program.settings, options.settings ?? {}) },
      epoch,
      session,
      observer,
      options,
      ...furtherSessions(options, id, epoch, program.schema),
      emit,
      takeWord: options.takeWord,
      intents: () => options.look(observer, epoch),
      onAsked,
      checkpoint: () => {
        if (lost.aborted) throw lost.reason;
        if (options.signal.aborted) throw interrupted(plan);
      },
    };
    const result = await work(runner);
    await heartbeat.stop();
    await releaseLease(observer, id, epoch);
    return result;
  } catch (error) {
    await heartbeat?.stop();
    if (heartbeat !== null && !observer.closed) await releaseLease(observer, id, heartbeat.epoch).catch(() => {});
    if (error instanceof SegueError && error.code !== "SEG0407") throw error;
    throw heartbeat?.lost.aborted === true || sqlstateOf(error) === SQLSTATE.fenced ? takenOver(plan) : error;
  } finally {
    await heartbeat?.stop();
    await session?.close();
    await observer.close();
  }
}

interface Heartbeat {
  readonly epoch: number;
  /** Aborted with a SegueError once the lease belongs to somebody else. */
  readonly lost: AbortSignal;
  stop(): Promise<void>;
}

function startHeartbeat(
  observer: Session,
  { id, plan }: { readonly id: string; readonly plan: string },
  epoch: number,
): Heartbeat {
  const lost = new AbortController();
  let beating: Promise<void> = Promise.resolve();
  const beat = async (): Promise<void> => {
    try {
      if (await renewLease(observer, id, epoch)) return;
      lost.abort(takenOver(plan));
    } catch {
      // A lost connection shows at the next statement of the run itself; the lease just ages.
    }
  };
  const timer = setInterval(() => {
    beating = beat();
  }, HEARTBEAT_MS);
  return {
    epoch,
    lost: lost.signal,
    stop: async () => {
      clearInterval(timer);
      await beating;
    },
  };
}

/** What a verb ends with after a first Ctrl-C. */
function interrupted(plan: string): SegueError {
  return new SegueError("SEG0309", {
    message: `${plan} was stopped on request, after a checkpoint`,
    object: plan,
    left: "All progress is recorded.",
    next: `segue resume ${plan}`,
  });
}
