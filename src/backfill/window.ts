/** Blocks, or rows by key, of a first window: small, because nothing is known of the cost of a row. */
export const FIRST_WINDOW = 32;

/** Blocks of the first window that is filled: all of their rows are locked until its end. */
export const FIRST_FILLED = 2;

/** The first windows are filled in one statement each, which tells what a row costs at most before one is cut into many. */
export const PROBES = 2;

/** No statement spans more, however fast it is: 512 MiB of blocks. */
export const LARGEST_WINDOW = 65_536;

/**
 * Pacing alone does not shrink a window below this: what so few rows seem to cost is noise of a busy machine, and
 * smaller windows would only add batches. A row that is dear in truth makes the window collapse, or time out.
 */
const SMALLEST_PACED = 8;
const GROWTH = 1.5;
/** The same where it filled rows all along: what they cost is known; and after a small one of them. */
const GROWTH_IF_FILLED = 4;
const GROWTH_OF_SMALL = 16;
const COLLAPSE_ABOVE = 5;

/**
 * What a window shrinks to before its other stripes run, because a statement took far too long, or too long for what is the target by
 * now: clients were seen waiting.
 *
 * @param aim the target when the window was begun, in milliseconds as all times
 */
export function narrowed(window: number, elapsed: number, target: number, aim: number): number {
  if (collapses(elapsed, target)) return collapsed(window);
  return target < aim && elapsed > target ? Math.max(1, Math.floor((window * target) / elapsed)) : window;
}

/** True if a statement took far too long. */
export function collapses(elapsed: number, target: number): boolean {
  return elapsed > COLLAPSE_ABOVE * target;
}

/** A tenth: what follows a statement that took over five times its target, or hit its timeout. */
export function collapsed(window: number): number {
  return Math.max(1, Math.floor(window / 10));
}

/** What follows a statement that failed somewhere in its window. */
export function halved(window: number): number {
  return Math.max(1, Math.floor(window / 2));
}

/**
 * The next window from the times of this one's statements, in milliseconds. It grows by half at most if it had little to fill, so
 * that one fast window does not lead to a slow one; it shrinks to what the target allows at once.
 *
 * @param filled rows
 */
export function nextWindow(window: number, times: readonly number[], target: number, filled = 0): number {
  if (times.length === 0) return window;
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  // The first stripe of a window may read from the disk what the others find in memory.
  const cost = Math.max(mean, Math.max(...times) / 2.5, 0.01);
  const growth = filled < window ? GROWTH : window < SMALLEST_PACED ? GROWTH_OF_SMALL : GROWTH_IF_FILLED;
  const factor = Math.min(growth, target / cost);
  const next = factor > 1 ? Math.ceil(window * factor) : Math.floor(window * factor);
  return Math.min(LARGEST_WINDOW, Math.max(Math.min(window, SMALLEST_PACED), next));
}
