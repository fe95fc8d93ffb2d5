/** Where a fill or a verification stands. */
export interface Progress {
  /** 0 to 1; 1 only when all is done. */
  readonly fraction: number;
  readonly blocks: { readonly done: number; readonly total: number };
  readonly rows: number;
  readonly rowsPerSecond: number;
  /** Seconds, as a range; null while too little is known. */
  readonly eta: { readonly low: number; readonly high: number } | null;
}

interface Sample {
  /** Milliseconds, monotonic. */
  readonly at: number;
  readonly fraction: number;
  readonly rows: number;
}

const RECENT_MS = 10_000;
const KNOWS_AFTER_MS = 1_000;
/** Samples kept of the recent past; memory stays flat over days. */
const KEPT = 64;
const UNFINISHED = 0.9999;

/**
 * Turns the work done into a rate and a range of the time that is left: between what the last seconds and what the
 * whole run promise, a tenth wider on both sides. The fraction never falls, and reaches 1 only by `finish`.
 */
export class ProgressMeter {
  #first: Sample | null = null;
  #recent: Sample[] = [];
  #highest = 0;

  /** @param now milliseconds of a monotonic clock */
  record(now: number, done: { fraction: number; blocks: { done: number; total: number }; rows: number }): Progress {
    const fraction = Math.max(this.#highest, Math.min(UNFINISHED, Math.max(0, done.fraction)));
    this.#highest = fraction;
    const sample: Sample = { at: now, fraction, rows: done.rows };
    this.#first ??= sample;
    this.#recent = this.#recent.filter((s) => now - s.at <= RECENT_MS);
    const last = this.#recent.at(-1);
    if (last === undefined || now - last.at >= RECENT_MS / KEPT) this.#recent.push(sample);
    const oldest = this.#recent[0] ?? sample;
    const seconds = (now - oldest.at) / 1000;
    return {
      fraction,
      blocks: { done: Math.min(done.blocks.done, done.blocks.total), total: done.blocks.total },
      rows: done.rows,
      rowsPerSecond: seconds > 0 ? Math.max(0, (done.rows - oldest.rows) / seconds) : 0,
      eta: eta(sample, this.#first, oldest),
    };
  }

  finish(now: number, done: { blocks: { done: number; total: number }; rows: number }): Progress {
    const progress = this.record(now, { ...done, fraction: 1 });
    return { ...progress, fraction: 1, eta: { low: 0, high: 0 } };
  }
}

function eta(now: Sample, first: Sample, recent: Sample): Progress["eta"] {
  const rates = [first, recent]
    .filter((from) => now.at - from.at >= KNOWS_AFTER_MS && now.fraction > from.fraction)
    .map((from) => (now.fraction - from.fraction) / ((now.at - from.at) / 1000));
  if (rates.length === 0) return null;
  const left = 1 - now.fraction;
  return { low: (0.9 * left) / Math.max(...rates), high: (1.1 * left) / Math.min(...rates) };
}
