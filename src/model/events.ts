import type { Stage } from "./phase.ts";
import type { RolloutState } from "./rollout.ts";

/** A session that stands in the way of a lock or a batch. */
export interface BlockerInfo {
  readonly pid: number;
  readonly user: string | null;
  readonly application: string | null;
  readonly state: string | null;
  /** Seconds since its transaction began. */
  readonly transactionAge: number | null;
  readonly query: string | null;
}

interface Stopped {
  /** Milliseconds for which signals had stopped the fill, where that is over now; else 0. */
  readonly throttledMs: number;
}

/** What a running verb tells, as it happens. `plan` names the rollout. */
export type SegueEvent = { readonly plan: string } & (
  | { readonly type: "state"; readonly state: RolloutState; readonly from: RolloutState | null }
  /** A runner took the lease; `previous` is the owner that had died, or hung until its lease ran out. */
  | { readonly type: "lease_taken"; readonly owner: string; readonly epoch: number; readonly previous: string | null }
  /** What an earlier runner had left running on the server, and what became of it. */
  | { readonly type: "orphan_settled"; readonly pid: number; readonly query: string | null; readonly deed: string }
  | {
      readonly type: "step_started";
      readonly stage: Stage;
      readonly step: string;
      readonly title: string;
      readonly attempt: number;
      /** Bytes of the table that the step reads from end to end under a weak lock; null for all others. */
      readonly reads: number | null;
    }
  /** A concurrent index build, once a second while it runs: `phase` as the server names it, and how far in it. */
  | {
      readonly type: "build_progress";
      readonly step: string;
      readonly phase: string;
      readonly done: number;
      /** 0 where the server counts nothing. */
      readonly total: number;
      readonly unit: "blocks" | "rows" | "sessions";
    }
  | {
      readonly type: "step_done";
      readonly stage: Stage;
      readonly step: string;
      readonly title: string;
      readonly ms: number;
    }
  | {
      readonly type: "lock_wait";
      readonly step: string;
      readonly attempt: number;
      /** Milliseconds since the first attempt. */
      readonly waited: number;
      readonly blockers: readonly BlockerInfo[];
    }
  | { readonly type: "reconnecting"; readonly attempt: number; readonly delay: number; readonly reason: string }
  | {
      readonly type: "progress";
      readonly table: string;
      readonly stage: "fill" | "sweep" | "verify";
      readonly done: number;
      readonly total: number;
      readonly unit: string;
      readonly rows: number;
      readonly rowsPerSecond: number | null;
      /** Seconds, a range; null until it can be told. */
      readonly eta: { readonly least: number; readonly most: number } | null;
      /** What the server has written while batches of the fill ran, over all its runs; null for a verification. */
      readonly walBytes: number | null;
      /** How many of the fill's updates were HOT, 0 to 1; null where that is not counted. */
      readonly hotShare: number | null;
      /** Milliseconds for which the worst replica is behind; null where it is not watched. */
      readonly lagMs: number | null;
    }
  /** Stopped, or made slow, for a reason outside. */
  | ({ readonly type: "throttled"; readonly level: "slow" | "stop"; readonly reason: string } & Stopped)
  | ({ readonly type: "paused" } & Stopped)
  | ({ readonly type: "resumed" } & Stopped)
  /** How many workers fill in this process from here on. */
  | { readonly type: "workers"; readonly workers: number; readonly reason: string }
  | { readonly type: "rows_locked"; readonly table: string; readonly blockers: readonly BlockerInfo[] }
  | { readonly type: "restarted"; readonly table: string }
  | {
      readonly type: "quarantined";
      readonly table: string;
      readonly key: string;
      readonly error: string;
      readonly sqlstate: string;
    }
  | { readonly type: "swept"; readonly table: string; readonly rows: number }
  /** A table's windows are filled otherwise from here on, because its updates can't be HOT, or may be again. */
  | {
      readonly type: "method_changed";
      readonly table: string;
      readonly method: "stripes" | "ranges";
      /** Of the updates before; null where stripes are tried again. */
      readonly hotShare: number | null;
      readonly reason: string;
    }
  | { readonly type: "vacuumed"; readonly table: string; readonly ms: number }
  | { readonly type: "verified"; readonly table: string; readonly rows: number; readonly mismatches: number }
  /** `ok` is null for a verification that was not run because another gate does not hold. */
  | { readonly type: "gate"; readonly gate: string; readonly ok: boolean | null; readonly detail: string }
  /** What a reversal leaves as it is. */
  | { readonly type: "stays"; readonly what: readonly string[] }
  | { readonly type: "catalog_differs"; readonly differences: readonly string[] }
);
