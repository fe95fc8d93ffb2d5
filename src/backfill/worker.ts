import { SegueError } from "../model/errors.ts";
import { sleep } from "../postgres/sleep.ts";
import { SQLSTATE, sqlstateOf } from "../postgres/sqlstate.ts";
import type { Result } from "../postgres/result.ts";
import type { BatchRow } from "./batch-sql.ts";
import { ClaimLost } from "./claim-lost.ts";
import type { FillContext } from "./context.ts";
import { failureOf } from "./failure.ts";
import type { Pacing } from "./pacing.ts";

/** What became of one batch. Whatever it is but `done`, nothing of the batch happened. */
export type Outcome<R = BatchRow> =
  /** `elapsed`: milliseconds, without what any batch costs. */
  | { readonly outcome: "done"; readonly row: R; readonly elapsed: number }
  | { readonly outcome: "locked" }
  | { readonly outcome: "slow" }
  | { readonly outcome: "bad"; readonly error: Error; readonly sqlstate: string };

const CALIBRATIONS = 3;
const LOCK_BACKOFF_MS = { first: 50, most: 2_000 };

/** Sends the statements of a fill or a verification, one transaction each, and says what became of them. */
export class Worker {
  readonly context: FillContext;
  readonly step: { readonly id: string; readonly kind?: "fill" | "rows" };
  readonly pacing: Pacing;
  /** Whose claims this worker's are: its session's, so that nobody else has this name in this epoch. */
  readonly owner: string;
  /** True if the session may keep the sync's trigger from being called. */
  readonly canSkipSync: boolean;
  /** Milliseconds; half of deadlock_timeout. */
  readonly #statementTimeout: number;
  /** Milliseconds that a batch costs whatever it does: the network, the fence, the commit. */
  #overhead = 0;

  constructor(
    context: FillContext,
    step: Worker["step"],
    pacing: Pacing,
    statementTimeout: number,
    canSkipSync = false,
  ) {
    this.context = context;
    this.step = step;
    this.pacing = pacing;
    this.owner = `${context.session.applicationName}#${context.session.pid}`;
    this.#statementTimeout = statementTimeout;
    this.canSkipSync = canSkipSync;
  }

  /**
   * Runs one batch, each of its statements within the statement timeout unless that is lifted. Before it, pauses,
   * throttles and the signal are obeyed.
   *
   * @throws SegueError SEG0308, SEG0309 at the boundary before the batch, SEG0403 if another runner has taken over
   * @throws ClaimLost if the extent is not this worker's any more
   */
  async attempt<R = BatchRow>(sql: string, timeout: "limited" | "unlimited" = "limited"): Promise<Outcome<R>> {
    await this.pacing.boundary();
    const limit = timeout === "limited" ? this.#statementTimeout : 0;
    const text = `SET LOCAL statement_timeout = ${limit};\n${sql}`;
    let elapsed = 0;
    try {
      const results = await this.pacing.watched(async () => {
        const started = performance.now();
        // A look at who waits, which goes on beside the batch, may take longer.
        return await this.context.session.script(text).finally(() => (elapsed = performance.now() - started));
      });
      this.pacing.took(elapsed);
      return { outcome: "done", row: results.at(-1)?.rows[0] as R, elapsed: Math.max(0, elapsed - this.#overhead) };
    } catch (error) {
      return this.#judge(error, elapsed, limit);
    }
  }

  /** Runs one batch without a limit of time, again and again while something is in its way. */
  async insist<R>(sql: string): Promise<Extract<Outcome<R>, { outcome: "done" | "bad" }>> {
    for (let times = 0; ; times += 1) {
      const result = await this.attempt<R>(sql, "unlimited");
      if (result.outcome === "done" || result.outcome === "bad") return result;
      await this.giveWay(times);
    }
  }

  /**
   * Learns from a script that does nothing what every batch costs. Without it a window would shrink to nothing where
   * a round trip alone takes longer than a batch may.
   */
  async calibrate(sql: string): Promise<void> {
    const times: number[] = [];
    for (let n = 0; n < CALIBRATIONS; n += 1) {
      const started = performance.now();
      await this.commit(sql);
      times.push(performance.now() - started);
    }
    this.#overhead = Math.min(...times);
  }

  /** Runs one statement outside of the batches, again and again while it finds the table locked. */
  async ask<R>(sql: string, values: readonly unknown[] = []): Promise<R[]> {
    return await this.#patiently(async () => (await this.context.session.query<R>(sql, values)).rows);
  }

  /** The first row of a query that reads, in the time of a batch; null if that was too short, or something was in the way. */
  async glance<R>(sql: string): Promise<R | null> {
    const result = await this.attempt<R>(sql);
    return result.outcome === "done" ? result.row : null;
  }

  /** Runs a script that commits, again and again while it finds a lock. */
  async commit(sql: string): Promise<Result[]> {
    return await this.#patiently(() => this.context.session.script(sql));
  }

  /** Gives whoever holds the lock time; longer each time in a row. */
  async giveWay(times: number): Promise<void> {
    await sleep(Math.min(LOCK_BACKOFF_MS.most, LOCK_BACKOFF_MS.first * 2 ** Math.min(times, 10)));
  }

  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    for (let times = 0; ; times += 1) {
      try {
        return await work();
      } catch (error) {
        const judged = this.#judge(error, 0, 0);
        if (judged.outcome === "bad") throw judged.error;
        await this.giveWay(times);
        await this.pacing.boundary();
      }
    }
  }

  #judge(error: unknown, elapsed: number, limit: number): Exclude<Outcome<never>, { outcome: "done" }> {
    const sqlstate = sqlstateOf(error);
    if (sqlstate === SQLSTATE.fenced) throw lostLease(this.context.epoch, error);
    if (sqlstate === SQLSTATE.claimLost) throw new ClaimLost(this.owner, error);
    switch (failureOf(sqlstate)) {
      case "lock":
        return { outcome: "locked" };
      case "timeout":
        // The same code for a person's pg_cancel_backend(): then it came before the time was up.
        if (limit === 0 || elapsed < 0.9 * limit) throw error;
        return { outcome: "slow" };
      case "data":
        return { outcome: "bad", error: error as Error, sqlstate: sqlstate ?? "" };
      case "fatal":
        throw error;
    }
  }
}

function lostLease(epoch: number, cause: unknown): SegueError {
  return new SegueError("SEG0403", {
    message: `Another runner has taken the rollout over; this one's epoch was ${epoch}`,
    left: "What was committed before stands; nothing after it.",
    next: "segue status",
    cause,
  });
}
