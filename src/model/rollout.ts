/** Where a rollout stands (docs/lifecycle.md has the picture). */
export const ROLLOUT_STATES = [
  /** Compiled and recorded; nothing ran. */
  "planned",
  /** Additive DDL is running. */
  "expanding",
  /** New shape and sync are live; old rows are not filled. */
  "expanded",
  /** Rows are being filled, indexes built, constraints validated. */
  "backfilling",
  /** Old and new application versions may run in any mix. */
  "ready",
  /** The cut-over is running; the gates held when it began. */
  "contracting",
  /** The old shape is hidden and kept in sync, until the soak ends and contract runs again. */
  "soaking",
  /** The drop is running: the point of no return is passed. */
  "dropping",
  /** Nothing is left to do. */
  "completed",
  /** Undo steps are running. */
  "reversing",
  /** The catalog is as it was before expand. */
  "reversed",
] as const;
export type RolloutState = (typeof ROLLOUT_STATES)[number];

/** A rollout as the journal holds it, without its program. */
export interface Rollout {
  readonly id: string;
  readonly plan: string;
  readonly planHash: string;
  readonly state: RolloutState;
  /** How far a reversal goes; null unless reversing. */
  readonly reverseTo: "start" | "ready" | null;
  /** Raised by every takeover; a transaction of an earlier epoch can't commit. */
  readonly epoch: number;
  readonly actor: string;
  readonly toolVersion: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** By the database's clock; null unless soaking. */
  readonly soakEndsAt: Date | null;
  /** The last pass over every row that found nothing wrong, and how many rows it saw. */
  readonly verifiedAt: Date | null;
  readonly verifiedRows: number | null;
  /** The last failure, until a step succeeds again. */
  readonly error: { readonly code: string; readonly message: string; readonly step: string | null } | null;
}
