import { SegueError } from "../model/errors.ts";
import { sleep } from "./sleep.ts";
import { isConnectionLoss, SQLSTATE, sqlstateOf } from "./sqlstate.ts";

/** Failures that pass with time. Everything else fails at once. */
export type RetryKind = "deadlock" | "serialization" | "lock timeout" | "connection";

/** Milliseconds: the least pause, the ceiling of the first one, and the ceiling of any. */
export interface Backoff {
  readonly least: number;
  readonly first: number;
  readonly most: number;
}

/** The one policy of retries. */
export const BACKOFF: Readonly<Record<RetryKind, Backoff>> = {
  deadlock: { least: 10, first: 50, most: 1_000 },
  serialization: { least: 0, first: 20, most: 500 },
  // Whoever queued behind our attempt gets through before the next one.
  "lock timeout": { least: 100, first: 500, most: 5_000 },
  connection: { least: 100, first: 250, most: 10_000 },
};

/** What kind of passing failure an error is, or null if trying again can't help. */
export function retryKind(error: unknown): RetryKind | null {
  if (isConnectionLoss(error)) return "connection";
  // Any other error of our own has been judged already: a used-up lock budget wraps a lock timeout.
  if (error instanceof SegueError && error.code !== "SEG0201") return null;
  switch (sqlstateOf(error)) {
    case SQLSTATE.deadlockDetected:
      return "deadlock";
    case SQLSTATE.serializationFailure:
      return "serialization";
    case SQLSTATE.lockNotAvailable:
      return "lock timeout";
    case SQLSTATE.tooManyConnections:
      return "connection";
    default:
      return null;
  }
}

/**
 * The pause after the `attempt`-th failure (from 1), in milliseconds: exponential, with full jitter above the least
 * pause, so that two runners that collided do not collide again.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function nextDelay(attempt: number, kind: RetryKind, random: () => number = Math.random): number {
  const { least, first, most } = BACKOFF[kind];
  const ceiling = Math.min(most, first * 2 ** (attempt - 1));
  return least + random() * (ceiling - least);
}

export interface Retry {
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  readonly kind: RetryKind;
  readonly error: unknown;
  /** Milliseconds until the next attempt. */
  readonly delay: number;
}

export interface Retrying {
  /** Milliseconds from the first attempt after which no further one starts. */
  readonly budgetMs: number;
  /** Which failures are tried again; all kinds by default. */
  readonly kinds?: readonly RetryKind[];
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: (retry: Retry) => void;
  readonly random?: () => number;
}

/**
 * Runs `work` until it succeeds, fails for good, or the budget is used up.
 *
 * @throws the last error of `work` as it is; the signal's reason if aborted between attempts
 */
export async function retrying<T>(work: (attempt: number) => Promise<T>, options: Retrying): Promise<T> {
  const started = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    options.signal?.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      const kind = retryKind(error);
      if (kind === null || options.kinds?.includes(kind) === false) throw error;
      const delay = nextDelay(attempt, kind, options.random);
      if (performance.now() - started + delay > options.budgetMs) throw error;
      options.onRetry?.({ attempt, kind, error, delay });
      await sleep(delay, options.signal);
    }
  }
}
