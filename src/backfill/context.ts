import type { RelationName } from "../model/relation.ts";
import type { RolloutSettings } from "../model/settings.ts";
import type { Blocker } from "../postgres/blockers.ts";
import type { Session } from "../postgres/session.ts";
import type { Progress } from "./progress.ts";

/** What a fill or a verification is given by the runner. */
export interface FillContext {
  /** Does the work. Its settings are changed for the time of the call, and restored. */
  readonly session: Session;
  /** Opens a further session of the runner, named after what it does; whoever asked closes it. */
  connect(part: string): Promise<Session>;
  /** Looks on while the working session is busy: who waits for whom, replica lag. */
  readonly observer: Session;
  /** The plan's id, for the commands that messages name. */
  readonly plan: string;
  /** segue.rollout.id, a bigint. */
  readonly rollout: string;
  /** The runner's own; a batch of an earlier epoch can't commit. */
  readonly epoch: number;
  readonly settings: RolloutSettings["backfill"];
  /** Aborted: the running batch is finished, its cursor saved, and SEG0309 thrown. */
  readonly signal: AbortSignal;
  emit(event: BackfillEvent): void;
  /** What people asked for; called at batch boundaries, at most every half second. */
  intents(): Promise<Intents>;
}

export interface Intents {
  readonly pause: boolean;
  readonly cancel: boolean;
}

/** What happened on the way; for the event log and for people. */
export type BackfillEvent =
  | ({ readonly type: "progress"; readonly table: RelationName; readonly stage: FillStage } & Progress)
  /** Stopped for a reason outside: a replica's lag, or a signal that can't be read. */
  | { readonly type: "throttled"; readonly reason: string }
  | { readonly type: "paused" }
  /** A throttle or a pause has ended. */
  | { readonly type: "resumed" }
  /** Rows are left that other sessions hold; the fill gives way and comes back to them. */
  | { readonly type: "locked"; readonly table: RelationName; readonly blockers: readonly Blocker[] }
  /** The table was rewritten (VACUUM FULL, CLUSTER, TRUNCATE): its blocks are other blocks now. */
  | { readonly type: "restarted"; readonly table: RelationName }
  | {
      readonly type: "quarantined";
      readonly table: RelationName;
      /** JSON text: the primary key, or the ctid. */
      readonly key: string;
      readonly error: string;
      readonly sqlstate: string;
    }
  /** One whole sweep of a table; the fill ends when one has filled nothing. */
  | { readonly type: "swept"; readonly table: RelationName; readonly rows: number }
  /** Hardly any update of the fill was HOT: an old snapshot keeps pruning from freeing space. */
  | { readonly type: "cold"; readonly table: RelationName; readonly hotShare: number; readonly holder: string | null };

export type FillStage = "fill" | "sweep" | "verify";

export interface FillResult {
  /** Rows filled, over all runs of the step. */
  readonly rows: number;
  /** Rows still put aside, by this step and by triggers of its table; `ready` waits until none is. */
  readonly quarantined: number;
}
