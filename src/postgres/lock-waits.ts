import { SegueError } from "../model/errors.ts";
import { type Blocker, describeBlocker, readBlockers } from "./blockers.ts";
import { type RetryKind, retryKind, retrying } from "./retry.ts";
import type { Session } from "./session.ts";
import { sleep } from "./sleep.ts";

export interface LockPatience {
  /** Milliseconds that one attempt waits for a lock: the longest that the application's queries queue behind it. */
  readonly lockTimeout: number;
  /** Milliseconds after which no further attempt starts. */
  readonly budget: number;
  /** What needs the lock, for people. */
  readonly object?: string;
  /** Whose command goes on once the way is free. */
  readonly plan?: string;
  readonly signal?: AbortSignal | undefined;
  readonly onWait?: (wait: LockWait) => void;
}

/** Told when an attempt is first seen to wait, and again whenever other sessions stand in its way. */
export interface LockWait {
  /** From 1. */
  readonly attempt: number;
  /** Milliseconds since the first attempt began. */
  readonly waited: number;
  /** Milliseconds: this attempt's own. */
  readonly lockTimeout: number;
  readonly blockers: readonly Blocker[];
}

/**
 * Runs `work` in a transaction whose waits for locks are short, again and again until it succeeds or the budget is
 * used up. Between two attempts whoever queued behind the first gets through.
 *
 * A waiter sends an autovacuum away only once it has waited for deadlock_timeout, which a short lock_timeout never
 * reaches; so when nothing but an autovacuum is in the way, the next attempt waits half a second beyond it.
 *
 * @param observer another session, which looks for the blockers while this one waits
 * @throws SegueError SEG0402 when the budget is used up, with the last blockers; what `work` throws, as it is
 */
export async function withShortLocks<T>(
  session: Session,
  observer: Session,
  work: (session: Session) => Promise<T>,
  patience: LockPatience,
): Promise<T> {
  const started = performance.now();
  let blockers: readonly Blocker[] = [];
  let attempts = 0;
  const attempt = async (number: number): Promise<T> => {
    attempts = number;
    const yields = onlyAutovacuum(blockers);
    blockers = [];
    const lockTimeout = yields ? (await deadlockTimeout(observer)) + BEYOND_DEADLOCK_TIMEOUT : patience.lockTimeout;
    const watch = watchBlockers(session, observer, lockTimeout, (found) => {
      const news = pids(found) !== pids(blockers);
      blockers = found;
      if (news) patience.onWait?.({ attempt: number, waited: performance.now() - started, lockTimeout, blockers });
    });
    try {
      return await session.transaction(async (transaction) => {
        await transaction.query("SELECT set_config('lock_timeout', $1, true)", [`${Math.round(lockTimeout)}ms`]);
        return await work(transaction);
      });
    } finally {
      await watch.stop();
    }
  };
  try {
    return await retrying(attempt, { budgetMs: patience.budget, kinds: LOCK_FAILURES, signal: patience.signal });
  } catch (error) {
    const kind = retryKind(error);
    if (kind === null || !LOCK_FAILURES.includes(kind)) throw error;
    throw usedUp(patience, blockers, attempts, error);
  }
}

const LOCK_FAILURES: readonly RetryKind[] = ["lock timeout", "deadlock"];

/** Milliseconds: time for the autovacuum to be cancelled and to let go. */
const BEYOND_DEADLOCK_TIMEOUT = 500;

/** True if waiting longer than deadlock_timeout would clear the way. */
export function onlyAutovacuum(blockers: readonly Blocker[]): boolean {
  return blockers.length > 0 && blockers.every((b) => b.kind === "autovacuum" && !b.againstWraparound);
}

async function deadlockTimeout(observer: Session): Promise<number> {
  const { rows } = await observer.query<{ ms: number }>(
    "SELECT setting::int AS ms FROM pg_settings WHERE name = 'deadlock_timeout'",
  );
  return rows[0]?.ms ?? 1_000;
}

function watchBlockers(
  session: Session,
  observer: Session,
  lockTimeout: number,
  found: (blockers: readonly Blocker[]) => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const interval = Math.min(100, lockTimeout / 4);
  const watch = async (): Promise<void> => {
    for (;;) {
      await sleep(interval, stopping.signal);
      const blockers = await readBlockers(observer, session.pid);
      if (blockers.length > 0) found(blockers);
    }
  };
  // Ends by being stopped; or by the loss of the observer, which costs the names of the blockers and nothing else.
  const done = watch().catch(() => {});
  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

function usedUp(patience: LockPatience, blockers: readonly Blocker[], attempts: number, cause: unknown): SegueError {
  const names = blockers.map(describeBlocker);
  const who = names.length === 0 ? "" : `, held by ${names.join("; ")}`;
  const clients = blockers.filter((blocker) => blocker.kind === "client").map((blocker) => blocker.pid);
  const end = clients.map((pid) => `SELECT pg_terminate_backend(${pid});`).join(" ");
  const what = patience.object === undefined ? "" : `${patience.object}: `;
  return new SegueError("SEG0402", {
    message: `${what}the lock was not granted within ${patience.budget / 1000} s, in ${attempts} attempts${who}`,
    ...(patience.object === undefined ? {} : { object: patience.object }),
    left: "Nothing of this step: each attempt was rolled back.",
    next: `wait for the transaction in the way to end${end === "" ? "" : ` (or end it: ${end})`}, then segue resume${patience.plan === undefined ? "" : ` ${patience.plan}`}`,
    detail: { blockers, attempts },
    cause,
  });
}

function pids(blockers: readonly Blocker[]): string {
  return blockers.map((blocker) => blocker.pid).join();
}
