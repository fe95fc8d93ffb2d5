/** What is measured apart: the application alone, and everything from the first command on. */
export type Period = "warm-up" | "before" | "during";

/** How long queries took, by period, in milliseconds. */
export class Latencies {
  period: Period = "warm-up";
  readonly #taken: Record<Period, number[]> = { "warm-up": [], before: [], during: [] };
  #queries = 0;
  #longest = 0;

  /** Counts a query. The warm-up fills caches and prepares statements: its times are nobody's measure. */
  record(ms: number): void {
    this.#queries += 1;
    this.#taken[this.period].push(ms);
    if (this.period !== "warm-up") this.#longest = Math.max(this.#longest, ms);
  }

  get queries(): number {
    return this.#queries;
  }

  get longest(): number {
    return this.#longest;
  }

  /** The time within which 99 of 100 queries of the period were answered; 0 if there was none. */
  p99(period: Period): number {
    const sorted = this.#taken[period].toSorted((a, b) => a - b);
    return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
  }
}
