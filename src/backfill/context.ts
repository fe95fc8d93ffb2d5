import type { Intents } from "../journal/intents.ts";
import type { RelationName } from "../model/relation.ts";
import type { RolloutSettings } from "../model/settings.ts";
import type { Blocker } from "../postgres/blockers.ts";
import type { Session } from "../postgres/session.ts";
import type { Progress } from "./progress.ts";

export type { Intents } from "../journal/intents.ts";

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
  /** True for a worker beside the runner: what it commits must not outlive the state `backfilling` either. */
  readonly joined?: boolean;
  readonly settings: RolloutSettings["backfill"];
  /** Aborted: the running batch is finished, its cursor saved, and SEG0309 thrown. */
  readonly signal: AbortSignal;
  emit(event: BackfillEvent): void;
  /** What people asked for; called at batch boundaries, every half second, and when something was announced. */
  intents(): Promise<Intents>;
  /** Calls back whenever something of the rollout is announced: people may have asked for something. Returns the way to stop it. */
  onAsked(listener: () => void): () => void;
  /** Opens a session for signals that take their time: read-only, on the path on which a plan's words are looked up. */
  openProbe(): Promise<Session>;
}

/** What happened on the way; for the event log and for people. */
export type BackfillEvent =
  | ({
      readonly type: "progress";
      readonly table: RelationName;
      readonly stage: FillStage;
      /** Over all runs and workers: what the server has written while batches ran; null for a verification. */
      readonly walBytes: number | null;
      /** Of the rows that were written, 0 to 1; null while there are none, and for a list of rows. */
      readonly hotShare: number | null;
      /** Milliseconds for which the worst replica is behind; null where it is not watched. */
      readonly lagMs: number | null;
    } & Progress)
  /** Stopped, or made slow, for a reason outside: a replica's lag, a signal that can't be read, a person. */
  | ({ readonly type: "throttled"; readonly level: "slow" | "stop"; readonly reason: string } & Stopped)
  | ({ readonly type: "paused" } & Stopped)
  /** A throttle or a pause has ended. */
  | ({ readonly type: "resumed" } & Stopped)
  /** The fill itself has ended, so nothing holds it any longer. */
  | ({ readonly type: "released" } & Stopped)
  /** Rows are left that other sessions hold; the fill gives way and comes back to them. */
  | { readonly type: "locked"; readonly table: RelationName; readonly blockers: readonly Blocker[] }
  /** More or fewer workers fill in this process from here on. */
  | { readonly type: "workers"; readonly workers: number; readonly reason: string }
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
  /** Hardly any update of the fill was HOT, or they may be again: its windows are filled otherwise from here on. */
  | {
      readonly type: "method_changed";
      readonly table: RelationName;
      readonly method: "stripes" | "ranges";
      /** Of the updates before; null where stripes are tried again. */
      readonly hotShare: number | null;
      readonly reason: string;
    }
  /** What was filled without HOT was vacuumed, so that its room is used again. */
  | { readonly type: "vacuumed"; readonly table: RelationName; readonly ms: number };

interface Stopped {
  /** Milliseconds for which signals had stopped the fill, where that is over now; else 0. */
  readonly throttledMs: number;
}

export type FillStage = "fill" | "sweep" | "verify";

export interface FillResult {
  /** Rows filled, over all runs of the step. */
  readonly rows: number;
  /** Rows still put aside, by this step and by triggers of its table; `ready` waits until none is. */
  readonly quarantined: number;
}
