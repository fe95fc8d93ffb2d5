import { setTimeout as timer } from "node:timers/promises";

/**
 * Waits, by the monotonic clock.
 *
 * @param ms milliseconds
 * @throws the signal's reason, at once, when it is aborted
 */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await timer(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
