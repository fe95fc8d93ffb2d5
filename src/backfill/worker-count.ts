/** What one look at the server has found. */
export interface Look {
  /** Sessions of clients that wait for a lock of one of the workers. */
  readonly waiters: number;
  /** Milliseconds that a trivial query took. */
  readonly latency: number;
}

/** How many workers there are from now on, and why. */
export interface Change {
  readonly workers: number;
  readonly reason: string;
}

/** Looks without harm before one is added. */
const CALM = 5;
/** After one was taken away, twice as many are waited for each time, up to this. */
const MOST_CALM = 160;
/** Looks of the last ones in which clients waited before one is taken away. */
const WAITED = 2;
const WORSE_FACTOR = 2;
/** Milliseconds: less is noise of a busy machine. */
const WORSE_BY = 2;

/**
 * How many workers fill side by side. It begins with one; adds one at a time while clients do not wait and queries take
 * as long as they did with one; takes one away when clients wait again and again, or when the median latency is
 * above twice of that with one worker, and 2 ms more. Decides by what it is shown alone.
 */
export class WorkerCount {
  readonly #most: number;
  #workers = 1;
  #looks: Look[] = [];
  #calm = CALM;
  /** The median latency with one worker. */
  #alone: number | null = null;

  /** @param most workers that are asked for */
  constructor(most: number) {
    this.#most = most;
  }

  get workers(): number {
    return this.#workers;
  }

  /** One look more; null changes nothing. */
  see(look: Look): Change | null {
    this.#looks = [...this.#looks, look].slice(-Math.max(CALM, this.#calm));
    const recent = this.#looks.slice(-CALM);
    const latency = median(recent.map((one) => one.latency));
    if (this.#workers === 1 && recent.length === CALM) this.#alone = latency;
    const waited = recent.filter(({ waiters }) => waiters > 0).length;
    if (this.#workers > 1) {
      if (waited >= WAITED) return this.#less(`clients waited for ${this.#workers} workers`);
      if (recent.length === CALM && this.#isWorse(latency))
        return this.#less(`a query took ${round(latency)} ms, with one worker ${round(this.#alone ?? 0)} ms`);
    }
    const calm = this.#looks.length >= this.#calm && this.#looks.every(({ waiters }) => waiters === 0);
    if (this.#workers >= this.#most || !calm || this.#isWorse(latency)) return null;
    return this.#become(this.#workers + 1, "no client waits, and queries are as fast as before");
  }

  /** A worker could not be had, or has gone: that many are left, and a longer calm is asked for before the next. */
  lost(workers: number): void {
    this.#calm = Math.min(MOST_CALM, this.#calm * 2);
    this.#become(Math.max(1, workers), "");
  }

  #less(reason: string): Change {
    this.#calm = Math.min(MOST_CALM, this.#calm * 2);
    return this.#become(this.#workers - 1, reason);
  }

  #become(workers: number, reason: string): Change {
    this.#workers = workers;
    // What was seen before says nothing of this number.
    this.#looks = [];
    return { workers, reason };
  }

  #isWorse(latency: number): boolean {
    return this.#alone !== null && latency > WORSE_FACTOR * this.#alone + WORSE_BY;
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
