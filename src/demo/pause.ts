import { setTimeout as timer } from "node:timers/promises";

/** Waits; an abort of the signal rejects with its reason. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await timer(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
