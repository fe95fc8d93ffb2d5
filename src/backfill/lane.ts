import type { FillStep, RowsStep } from "../model/step.ts";
import type { BatchRow, Work } from "./batch-sql.ts";
import type { ColdVacuum } from "./cold-vacuum.ts";
import type { Deal } from "./deal.ts";
import type { Extent } from "./extents.ts";
import type { HotWatch } from "./hot-watch.ts";
import type { Leaf } from "./leaves.ts";
import type { Quarantine } from "./quarantine.ts";
import { SWEEP } from "./stripes.ts";
import type { Tracker } from "./tracker.ts";
import type { Worker } from "./worker.ts";

/** What is done in batches. */
export type BatchStep = Omit<FillStep, "undo"> | Omit<RowsStep, "undo">;

/** Everything that a pass over one extent works with. */
export interface Lane {
  readonly worker: Worker;
  readonly step: BatchStep;
  readonly leaf: Leaf;
  readonly extent: Extent;
  readonly quarantine: Quarantine;
  /** The columns of the table's primary key. */
  readonly keyColumns: readonly string[];
  readonly deal: Deal;
  /** Where the window of the worker's last pass over this leaf stood: what a row costs is known by then. */
  readonly pace: { window: number | null };
  readonly tracker: Tracker;
  readonly hotWatch: HotWatch;
  readonly coldVacuum: ColdVacuum;
}

/** What a whole pass over an extent has come to. */
export type PassResult =
  /** `untouched` is true for the one that proves that nothing is left: it filled no row and passed over none. */
  | { readonly result: "complete"; readonly rows: number; readonly untouched: boolean }
  /** The storage is another one: the blocks that were passed are not the blocks that are there. */
  | { readonly result: "rewritten" };

/** The lane's batches, with the rows that are put aside by now. */
export function workOf({ worker, step, leaf, extent, quarantine, keyColumns }: Lane): Work {
  const { rollout, epoch, joined } = worker.context;
  const { owner } = worker;
  return {
    rollout,
    epoch,
    joined,
    extent: extent.id,
    owner,
    table: leaf.table,
    step,
    keyColumns,
    aside: quarantine.keys,
    asideOf: worker.canSkipSync && step.kind === "fill" ? step.syncTrigger : null,
  };
}

export function isSweep({ extent }: Lane): boolean {
  return extent.stripes === SWEEP;
}

/** Which share of an extent's blocks lies before one of them. */
export function shareOf({ firstBlock, endBlock }: Extent, block: number): number {
  return endBlock <= firstBlock ? 1 : (block - firstBlock) / (endBlock - firstBlock);
}

/** Counts a batch that was committed, and reports. */
export function advance(lane: Lane, share: number, row: BatchRow): void {
  const wrote = { rows: Number(row.rows), hot: Number(row.hot), wal: Number(row.wal) };
  lane.tracker.advance(lane.extent.id, isSweep(lane) ? "sweep" : "fill", share, wrote);
}

/** Says that rows stay locked, and by whom as far as it was seen. */
export function reportLocked({ worker, leaf }: Pick<Lane, "worker" | "leaf">): void {
  worker.context.emit({ type: "locked", table: leaf.table, blockers: worker.pacing.blockers });
}
