import { SegueError } from "../model/errors.ts";
import { type Blocker, readBlockers } from "../postgres/blockers.ts";
import { sleep } from "../postgres/sleep.ts";
import type { FillContext } from "./context.ts";
import { waitersOn } from "./waiters.ts";

const ASK_EVERY_MS = 500;
const WATCH_EVERY_MS = 250;
/** For how long batches stay small after a session was seen waiting on one. */
const BUSY_FOR_MS = 5_000;

/** Why the fill must stop now; null: it need not. `resuming` is true while it is stopped already. */
export type Brake = (resuming: boolean) => Promise<string | null>;

/**
 * When the next batch may start and how long it may take. Obeys the signal, the intents and the brake at batch
 * boundaries; while a batch runs it looks, over the observer, for sessions that wait on it.
 */
export class Pacing {
  readonly #context: FillContext;
  readonly #brake: Brake;
  #asked = Number.NEGATIVE_INFINITY;
  #watched = Number.NEGATIVE_INFINITY;
  #busyUntil = Number.NEGATIVE_INFINITY;
  #lastBatch = 0;
  #blockers: readonly Blocker[] = [];

  constructor(context: FillContext, brake: Brake) {
    this.#context = context;
    this.#brake = brake;
  }

  /** Milliseconds that one batch may take now. */
  target(): number {
    const { batch_time, batch_time_busy } = this.#context.settings;
    return performance.now() < this.#busyUntil ? Math.min(batch_time, batch_time_busy) : batch_time;
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
    this.#obeySignal();
    if (performance.now() - this.#asked < ASK_EVERY_MS) return;
    let stopped: string | null = null;
    for (;;) {
      const reason = await this.#reasonToStop(stopped !== null && stopped !== PAUSED);
      this.#asked = performance.now();
      if (reason === null) break;
      if (reason !== stopped)
        this.#context.emit(reason === PAUSED ? { type: "paused" } : { type: "throttled", reason });
      stopped = reason;
      await this.#wait();
    }
    if (stopped !== null) this.#context.emit({ type: "resumed" });
  }

  /** Runs a batch; now and then with a look, halfway through it, at who waits on it and on whom it waits. */
  async watched<T>(batch: () => Promise<T>): Promise<T> {
    if (performance.now() - this.#watched < WATCH_EVERY_MS) return await batch();
    this.#watched = performance.now();
    let ended = false;
    const running = batch().finally(() => (ended = true));
    const [outcome, look] = await Promise.allSettled([running, this.#look(() => ended)]);
    if (outcome.status === "rejected") throw outcome.reason;
    if (look.status === "rejected") throw look.reason;
    return outcome.value;
  }

  /** Looks at the next batch, whenever the last look was. */
  lookNext(): void {
    this.#watched = Number.NEGATIVE_INFINITY;
  }

  async #look(ended: () => boolean): Promise<void> {
    const { observer, session } = this.#context;
    await sleep(Math.max(1, Math.min(this.#lastBatch / 2, this.target() / 2)));
    if (ended()) return;
    if ((await waitersOn(observer, session.pid)) > 0) this.#busyUntil = performance.now() + BUSY_FOR_MS;
    const blockers = await readBlockers(observer, session.pid);
    if (blockers.length > 0) this.#blockers = blockers;
  }

  async #reasonToStop(throttled: boolean): Promise<string | null> {
    const { plan } = this.#context;
    const { pause, cancel } = await this.#context.intents();
    if (cancel) {
      throw new SegueError("SEG0308", {
        message: `${plan} was cancelled on request`,
        object: plan,
        left: "The rows filled so far stay filled; the cursor is saved.",
        next: `segue resume ${plan} goes on; segue reverse ${plan} takes it back`,
      });
    }
    return pause ? PAUSED : await this.#brake(throttled);
  }

  async #wait(): Promise<void> {
    try {
      await sleep(ASK_EVERY_MS, this.#context.signal);
    } catch {
      this.#obeySignal();
    }
  }

  #obeySignal(): void {
    if (!this.#context.signal.aborted) return;
    throw new SegueError("SEG0309", {
      message: `${this.#context.plan} was interrupted at the end of a batch`,
      object: this.#context.plan,
      left: "The rows filled so far stay filled; the cursor is saved.",
      next: `segue resume ${this.#context.plan}`,
      cause: this.#context.signal.reason,
    });
  }
}

const PAUSED = "paused";
