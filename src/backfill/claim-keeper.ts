import { literal } from "../sql/literal.ts";
import { fenced } from "./fence.ts";
import { type Extent, type ExtentRow, extentsQuery, toExtent } from "./extents.ts";
import { shareOf } from "./lane.ts";
import { SWEEP, TURNS } from "./stripes.ts";
import type { Tracker } from "./tracker.ts";
import type { Worker } from "./worker.ts";

/** Milliseconds; a claim that a batch has renewed since is left alone. */
const BEAT_MS = 3_000;

/**
 * Keeps the claims of one process's workers while they send no batch (paused, throttled, waiting for a lock), and follows
 * what others do to the extents that are not theirs. Over the observer: the workers' sessions may be busy.
 */
export class ClaimKeeper {
  readonly #worker: Worker;
  readonly #tracker: Tracker;
  /** Extent to owner. */
  readonly #held = new Map<string, string>();
  readonly #timer: NodeJS.Timeout;
  #beating: Promise<void> = Promise.resolve();

  constructor(worker: Worker, tracker: Tracker) {
    this.#worker = worker;
    this.#tracker = tracker;
    this.#timer = setInterval(() => {
      this.#beating = this.#beating.then(() => this.beat());
    }, BEAT_MS).unref();
  }

  hold(extent: Extent, owner: string): void {
    this.#tracker.stand(extent.id, standing(extent));
    this.#held.set(extent.id, owner);
  }

  letGo(extent: Extent): void {
    this.#held.delete(extent.id);
  }

  /** Makes the progress stand where the journal has those extents that no worker of this process holds. */
  follow(extents: readonly Extent[]): void {
    for (const extent of extents) if (!this.#held.has(extent.id)) this.#tracker.stand(extent.id, standing(extent));
  }

  /** A lost connection shows at the next statement of a worker itself; the claims just age. */
  async beat(): Promise<void> {
    const { context } = this.#worker;
    try {
      if (this.#held.size > 0) await context.observer.script(this.#renewal());
      const { rows } = await context.observer.query<ExtentRow>(extentsQuery(this.#worker));
      this.follow(rows.map(toExtent));
    } catch {}
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
  }

  #renewal(): string {
    const claims = [...this.#held].map(([id, owner]) => `(${id}, ${literal(owner)})`);
    // One that a batch has locked is renewed by the batch.
    return fenced(
      this.#worker.context,
      `UPDATE segue.extent SET updated_at = clock_timestamp() WHERE id IN (SELECT id FROM segue.extent ` +
        `WHERE (id, owner) IN (${claims.join(", ")}) AND updated_at < clock_timestamp() - interval '${BEAT_MS} ms' FOR NO KEY UPDATE SKIP LOCKED)`,
    );
  }
}

/** Where the journal says that an extent stands. */
function standing(extent: Extent): Parameters<Tracker["stand"]>[1] {
  const { state, stripes, method, firstBlock, endBlock, window, stripe, rowsDone, estimatedRows } = extent;
  const wrote = { rows: rowsDone, hot: extent.hotRows, wal: extent.walBytes };
  const blocks = endBlock - firstBlock;
  if (state === "done") return { blocks, filled: 1, swept: 1, wrote };
  const ahead = stripes === null || stripes === SWEEP ? 0 : window * Math.min(1, stripe / (stripes * TURNS.alone));
  const share =
    method === "stripe"
      ? Math.min(1, shareOf(extent, Math.min(endBlock, extent.block + ahead)))
      : Math.min(1, rowsDone / Math.max(1, estimatedRows));
  const sweeping = stripes === SWEEP;
  return { blocks, filled: sweeping ? 1 : share, swept: sweeping && method === "stripe" ? share : 0, wrote };
}
