import type { OutputStream } from "./io.ts";

/** A pipe whose reader went away; a terminal that was closed. */
const GONE = new Set(["EPIPE", "EIO"]);

/**
 * Lets streams fail whose other end is gone (`segue history | head`, a closed terminal): that is no reason to stop a
 * rollout. Any other error of theirs is thrown.
 *
 * @returns a function that is true once it happened
 */
export function watchClosing(...streams: readonly OutputStream[]): () => boolean {
  let isClosed = false;
  for (const stream of streams) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === undefined || !GONE.has(error.code)) throw error;
      isClosed = true;
    });
  }
  return () => isClosed;
}
