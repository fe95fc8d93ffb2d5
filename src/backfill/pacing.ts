import { type Blocker, readBlockers } from "../postgres/blockers.ts";
import { sleep } from "../postgres/sleep.ts";
import type { FillContext } from "./context.ts";
import type { Brake } from "./throttle/brake.ts";

/** No sleep of a ratio is longer without a look at what is asked for. */
const LONGEST_NAP_MS = 500;

/**
 * When one session's next batch may start and how long it may take. Obeys the brake at batch boundaries; while a batch runs
 * it looks, over the observer, for sessions that wait on it.
 */
export class Pacing {
  readonly #context: FillContext;
  readonly #brake: Brake;
  #looksNext = false;
  #lastBatch = 0;
  /** Milliseconds since the last boundary. */
  #worked = 0;
  #blockers: readonly Blocker[] = [];

  /** @param brake shared by all sessions that fill in one process */
  constructor(context: FillContext, brake: Brake) {
    this.#context = context;
    this.#brake = brake;
    brake.add(context.session.pid);
  }

  /** Milliseconds that one batch may take now. */
  target(): number {
    const { batch_time, batch_time_busy } = this.#context.settings;
    return this.#brake.busy ? Math.min(batch_time, batch_time_busy) : batch_time;
  }

  /** Who was last seen holding what a batch waited for. */
  get blockers(): readonly Blocker[] {
    return this.#blockers;
  }

  took(elapsed: number): void {
    this.#lastBatch = elapsed;
  }

  /**
   * Between two batches: returns when the next may start.
   *
   * @throws SegueError SEG0309 if the signal is aborted, SEG0308 if the rollout is cancelled
   */
  async boundary(): Promise<void> {
    await this.#brake.pass(this.#context.signal);
    for (let slept = 0; slept < this.#brake.ratio * this.#worked;) {
      const began = performance.now();
      await this.#brake.nap(Math.min(LONGEST_NAP_MS, this.#brake.ratio * this.#worked - slept));
      slept += performance.now() - began;
      await this.#brake.pass(this.#context.signal);
    }
    this.#worked = 0;
  }

  /** Runs a batch; now and then with a look, halfway through it, at who waits on it and on whom it waits. */
  async watched<T>(batch: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return this.#brake.takeLook() || this.#looksNext ? await this.#looking(batch) : await batch();
    } finally {
      this.#worked += performance.now() - began;
    }
  }

  /** Looks at the next batch, whenever the last look was. */
  lookNext(): void {
    this.#looksNext = true;
  }

  async #looking<T>(batch: () => Promise<T>): Promise<T> {
    this.#looksNext = false;
    let ended = false;
    const running = batch().finally(() => (ended = true));
    const [outcome, look] = await Promise.allSettled([running, this.#look(() => ended)]);
    if (outcome.status === "rejected") throw outcome.reason;
    if (look.status === "rejected") throw look.reason;
    return outcome.value;
  }

  async #look(ended: () => boolean): Promise<void> {
    const { observer, session } = this.#context;
    await sleep(Math.max(1, Math.min(this.#lastBatch / 2, this.target() / 2)));
    if (ended()) return;
    await this.#brake.look();
    const blockers = await readBlockers(observer, session.pid);
    if (blockers.length > 0) this.#blockers = blockers;
  }
}
