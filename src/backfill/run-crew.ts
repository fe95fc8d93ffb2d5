import { SegueError } from "../model/errors.ts";
import type { Session } from "../postgres/session.ts";
import { sleep } from "../postgres/sleep.ts";
import { isConnectionLoss } from "../postgres/sqlstate.ts";
import type { FillContext } from "./context.ts";
import { isUnavailable } from "./failure.ts";
import type { Fill } from "./fill.ts";
import { runLane } from "./run-lane.ts";
import { waitersOn } from "./throttle/waiting-sessions.ts";
import { withWorker } from "./with-fill.ts";
import type { Worker } from "./worker.ts";
import { type Look, WorkerCount } from "./worker-count.ts";

/** Milliseconds. */
const LOOK_EVERY_MS = 500;

/**
 * The workers of this process, until no extent is to be had: one on the runner's session, and more on sessions of their own
 * while they do no harm (worker-count.ts), up to `settings.backfill.workers`.
 */
export async function runCrew(fill: Fill, first: Worker, lookEvery = LOOK_EVERY_MS): Promise<void> {
  if (first.context.settings.workers === 1) await runLane(fill, first);
  else await new Crew(fill, first).run(lookEvery);
}

interface Mate {
  readonly retire: AbortController;
  readonly ended: Promise<void>;
}

class Crew {
  readonly #fill: Fill;
  readonly #first: Worker;
  readonly #count: WorkerCount;
  readonly #mates = new Set<Mate>();
  /** Server processes of the workers. */
  readonly #pids = new Set<number>();
  /** Aborted when nothing is left to be claimed, or when one has failed. */
  readonly #over = new AbortController();
  #failure: Error | null = null;
  #hired = 1;

  constructor(fill: Fill, first: Worker) {
    this.#fill = fill;
    this.#first = first;
    this.#count = new WorkerCount(first.context.settings.workers);
    this.#pids.add(first.context.session.pid);
  }

  async run(lookEvery: number): Promise<void> {
    const looking = this.#lookOn(lookEvery);
    try {
      await runLane(this.#fill, this.#first);
    } catch (error) {
      this.#fail(error);
    }
    this.#over.abort();
    await looking;
    await Promise.all([...this.#mates].map(({ ended }) => ended));
    if (this.#failure !== null) throw this.#failure;
  }

  /** What one worker fails by, no other would mend: all end at their next batch. */
  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.#over.abort();
    this.#fill.stop.abort();
  }

  async #lookOn(every: number): Promise<void> {
    const { context } = this.#first;
    while (!this.#over.signal.aborted) {
      try {
        await sleep(every, this.#over.signal);
        const change = this.#count.see(await look(context.observer, [...this.#pids]));
        if (change === null || this.#over.signal.aborted) continue;
        const active = [...this.#mates].filter(({ retire }) => !retire.signal.aborted);
        if (change.workers > active.length + 1) this.#hire();
        else active.at(-1)?.retire.abort();
        context.emit({ type: "workers", ...change });
      } catch {
        // Over; or the observer's connection is lost, which the workers will notice by themselves.
      }
    }
  }

  #hire(): void {
    this.#hired += 1;
    const retire = new AbortController();
    const mate: Mate = {
      retire,
      ended: this.#work(`worker-${this.#hired}`, retire.signal)
        .then(() => this.#over.abort())
        .catch((error: unknown) => this.#leave(error, retire.signal))
        .finally(() => this.#mates.delete(mate)),
    };
    this.#mates.add(mate);
  }

  async #work(name: string, retired: AbortSignal): Promise<void> {
    const { context } = this.#first;
    const session = await context.connect(name);
    this.#pids.add(session.pid);
    const mine: FillContext = { ...context, session, signal: AbortSignal.any([context.signal, retired]) };
    try {
      await withWorker(mine, this.#fill, (worker) => runLane(this.#fill, worker));
    } finally {
      this.#pids.delete(session.pid);
      this.#fill.brake.remove(session.pid);
      await session.close();
    }
  }

  #leave(error: unknown, retired: AbortSignal): void {
    if (retired.aborted && error instanceof SegueError && error.code === "SEG0309") return;
    // Its extent is anyone's now. Too few connections, or one that broke: the others go on.
    if (!isConnectionLoss(error) && !isUnavailable(error)) return this.#fail(error);
    const workers = this.#mates.size;
    this.#count.lost(workers);
    const message = error instanceof Error ? error.message : String(error);
    this.#first.context.emit({ type: "workers", workers, reason: message });
  }
}

/** How many wait for one of these server processes, and how long a query that asks nothing takes. */
async function look(observer: Session, pids: readonly number[]): Promise<Look> {
  const waiters = await waitersOn(observer, pids);
  const started = performance.now();
  await observer.query("SELECT 1");
  return { waiters, latency: performance.now() - started };
}
