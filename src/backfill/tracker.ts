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
  readonly rows: number;
}

/** Adds the parts of one fill or verification up to one progress, reported a few times a second. */
export class Tracker {
  readonly #context: FillContext;
  readonly #table: RelationName;
  readonly #meter = new ProgressMeter();
  readonly #totals = new Map<string, number>();
  readonly #filled = new Map<string, number>();
  readonly #swept = new Map<string, number>();
  readonly #hasSweep: boolean;
  readonly #rowsOf = new Map<string, number>();
  #rows: number;
  #reported = Number.NEGATIVE_INFINITY;

  constructor(context: FillContext, table: RelationName, options: { sweeps: boolean; rows: number }) {
    this.#context = context;
    this.#table = table;
    this.#hasSweep = options.sweeps;
    this.#rows = options.rows;
  }

  get rows(): number {
    let rows = this.#rows;
    for (const counted of this.#rowsOf.values()) rows += counted;
    return rows;
  }

  /** Makes a part of the whole stand where the journal has it. Its rows are no longer among those given at first. */
  stand(part: string, { blocks, filled, swept, rows }: Standing): void {
    this.#totals.set(part, Math.max(1, blocks));
    this.#filled.set(part, filled);
    this.#swept.set(part, swept);
    this.#rowsOf.set(part, rows);
  }

  /**
   * Makes a leaf part of the whole.
   *
   * @param done 1 for one that needs no more work
   */
  expect(leaf: string, blocks: number, done: 0 | 1 = 0): void {
    this.#totals.set(leaf, Math.max(1, blocks));
    if (done === 0) return;
    this.#filled.set(leaf, 1);
    this.#swept.set(leaf, 1);
  }

  /**
   * @param share 0 to 1: how much of the leaf the stage has done
   * @param rows how many rows the last batch has dealt with
   */
  advance(leaf: string, stage: FillStage, share: number, rows: number): void {
    this.#rowsOf.set(leaf, (this.#rowsOf.get(leaf) ?? 0) + rows);
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
    this.#rows -= rows;
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
    const share = this.#hasSweep ? SWEEP_SHARE : 0;
    const fraction = total === 0 ? 0 : ((1 - share) * filled + share * swept) / total;
    return { fraction, blocks: { done: Math.round(filled), total } };
  }

  #report(stage: FillStage, progress: ReturnType<ProgressMeter["record"]>): void {
    this.#context.emit({ type: "progress", table: this.#table, stage, ...progress });
  }
}
