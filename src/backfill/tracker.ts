import type { RelationName } from "../model/relation.ts";
import type { FillContext, FillStage } from "./context.ts";
import { ProgressMeter } from "./progress.ts";

const REPORT_EVERY_MS = 250;
/** A sweep only reads: about a thirtieth of the time that filling took (measured). */
const SWEEP_SHARE = 0.03;

/** Where a part of the whole stands that may be in another worker's hands. */
export interface Standing {
  readonly blocks: number;
  /** 0 to 1 each. */
  readonly filled: number;
  readonly swept: number;
  readonly wrote: Wrote;
}

/** What has been written. */
export interface Wrote {
  readonly rows: number;
  /** Of them, updates that were HOT. */
  readonly hot: number;
  /** Bytes. */
  readonly wal: number;
}

interface TrackerOptions {
  readonly sweeps: boolean;
  /** True where what is written are updates of the table. */
  readonly updates?: boolean;
  /** Milliseconds for which the worst replica is behind; null where nobody looks. */
  readonly lag?: () => number | null;
}

const NOTHING: Wrote = { rows: 0, hot: 0, wal: 0 };

/** Adds the parts of one fill or verification up to one progress, reported a few times a second. */
export class Tracker {
  readonly #context: FillContext;
  readonly #table: RelationName;
  readonly #meter = new ProgressMeter();
  readonly #totals = new Map<string, number>();
  readonly #filled = new Map<string, number>();
  readonly #swept = new Map<string, number>();
  readonly #options: TrackerOptions;
  readonly #wrote = new Map<string, Wrote>();
  #forgotten = 0;
  #reported = Number.NEGATIVE_INFINITY;

  constructor(context: FillContext, table: RelationName, options: TrackerOptions) {
    this.#context = context;
    this.#table = table;
    this.#options = options;
  }

  get rows(): number {
    return this.#total.rows - this.#forgotten;
  }

  get #total(): Wrote {
    return [...this.#wrote.values()].reduce(plus, NOTHING);
  }

  /** Makes a part of the whole stand where the journal has it. */
  stand(part: string, { blocks, filled, swept, wrote }: Standing): void {
    this.#totals.set(part, Math.max(1, blocks));
    this.#filled.set(part, filled);
    this.#swept.set(part, swept);
    this.#wrote.set(part, wrote);
  }

  /** Makes a leaf part of the whole. */
  expect(leaf: string, blocks: number): void {
    this.#totals.set(leaf, Math.max(1, blocks));
  }

  /**
   * @param share 0 to 1: how much of the leaf the stage has done
   * @param wrote by the last batch; of a verification, the rows that it has read
   */
  advance(leaf: string, stage: FillStage, share: number, wrote: Wrote): void {
    this.#wrote.set(leaf, plus(this.#wrote.get(leaf) ?? NOTHING, wrote));
    const stages = stage === "sweep" ? this.#swept : this.#filled;
    stages.set(leaf, Math.min(1, share));
    if (stage === "sweep") this.#filled.set(leaf, 1);
    const now = performance.now();
    if (now - this.#reported < REPORT_EVERY_MS) return;
    this.#reported = now;
    this.#report(stage, this.#meter.record(now, { ...this.#done(), rows: this.rows }));
  }

  /** Forgets the rows counted so far: the leaf was rewritten, and its count begins again. */
  forget(rows: number): void {
    this.#forgotten += rows;
  }

  finish(stage: FillStage): void {
    const { blocks } = this.#done();
    const done = { blocks: { done: blocks.total, total: blocks.total }, rows: this.rows };
    this.#report(stage, this.#meter.finish(performance.now(), done));
  }

  #done(): { fraction: number; blocks: { done: number; total: number } } {
    let total = 0;
    let filled = 0;
    let swept = 0;
    for (const [leaf, blocks] of this.#totals) {
      total += blocks;
      filled += blocks * (this.#filled.get(leaf) ?? 0);
      swept += blocks * (this.#swept.get(leaf) ?? 0);
    }
    const share = this.#options.sweeps ? SWEEP_SHARE : 0;
    const fraction = total === 0 ? 0 : ((1 - share) * filled + share * swept) / total;
    return { fraction, blocks: { done: Math.round(filled), total } };
  }

  #report(stage: FillStage, progress: ReturnType<ProgressMeter["record"]>): void {
    const { sweeps, updates = false, lag = () => null } = this.#options;
    const { rows, hot, wal } = this.#total;
    this.#context.emit({
      type: "progress",
      table: this.#table,
      stage,
      ...progress,
      walBytes: sweeps ? wal : null,
      hotShare: updates && rows > 0 ? Math.min(1, hot / rows) : null,
      lagMs: lag(),
    });
  }
}

function plus(a: Wrote, b: Wrote): Wrote {
  return { rows: a.rows + b.rows, hot: a.hot + b.hot, wal: a.wal + b.wal };
}
