/** Everything that tunes a rollout. Durations are milliseconds, sizes bytes. */
export interface RolloutSettings {
  readonly lock: {
    /** How long one attempt at a strong lock waits. */
    readonly timeout: number;
    /** How long attempts go on before the step fails. */
    readonly budget: number;
  };
  readonly backfill: {
    /** What one batch may take when the table is quiet. */
    readonly batch_time: number;
    /** What one batch may take while sessions wait. */
    readonly batch_time_busy: number;
    readonly workers: number;
    /** Whether the application's own triggers fire for filled rows. `skip` needs the privilege to set session_replication_role. */
    readonly user_triggers: "fire" | "skip";
    /** How many rows may be put aside because their value can't be computed before the fill stops. */
    readonly quarantine_limit: number;
    readonly throttle: ThrottleSettings;
    /** How often a table is vacuumed whose updates can't be HOT. */
    readonly vacuum:
      | "off"
      | { /** A share of the table, 0 to 1: each time so much was filled. */ readonly every: number };
  };
  readonly contract: {
    readonly soak: number;
    /** Contract without being asked, by `segue up`. */
    readonly auto: boolean;
  };
  /** Dependents (functions, views …) that a person has looked at and declares harmless, as `segue plan` names them. */
  readonly ignore_dependents: readonly string[];
  /** Whether a schema of views shows the tables as the plan's version wants them. Plans in SQL make none. */
  readonly views: boolean;
}

/**
 * Above `slow` a fill is gentle; above `stop` it stands, until the value is at most `resume`. What is null or left out of
 * the first two never happens; `resume` has a default below `stop`.
 */
export interface Thresholds<Value = number> {
  readonly slow?: Value | null;
  readonly stop?: Value | null;
  readonly resume?: Value | null;
}

/** A number of sessions, or a share of max_connections: `60%`. */
export type Sessions = number | `${number}%`;

/** What a fill gives way to, signal by signal; null: it is not watched. */
export interface ThrottleSettings {
  /** How far the replay of the worst replica is behind, in milliseconds. */
  readonly replica_lag: Thresholds | null;
  /** The same in bytes of WAL. */
  readonly replica_lag_bytes: Thresholds | null;
  /** Bytes of WAL that the server keeps for the slot that is furthest behind. */
  readonly slot_wal: Thresholds | null;
  /** WAL files that wait for the archive. */
  readonly archive_backlog: Thresholds | null;
  /** Sessions seen waiting for the fill's own batches. */
  readonly waiting_sessions: Thresholds | null;
  /** Sessions of clients that run a statement, anywhere on the server. */
  readonly active_sessions: Thresholds<Sessions> | null;
  /** What a query takes, in milliseconds; without `sql`, a cheap one. */
  readonly probe: (Thresholds & { readonly sql?: string }) | null;
  /** By name: what queries of the user's own say, a number or a boolean (true stops). */
  readonly queries: Readonly<Record<string, QuerySignal | null>>;
  /** Time slept per time worked while a signal is above its `slow`. */
  readonly slow_ratio: number;
}

export interface QuerySignal extends Thresholds {
  readonly sql: string;
  /** Milliseconds that it may take. */
  readonly timeout?: number;
}

/** Settings as a plan, segue.yaml or a flag gives them: any part may be missing. */
export type PartialSettings = {
  readonly [K in keyof RolloutSettings]?: K extends "backfill"
    ? Partial<Omit<RolloutSettings["backfill"], "throttle">> & { readonly throttle?: PartialThrottle }
    : RolloutSettings[K] extends readonly string[]
      ? RolloutSettings[K]
      : DeepPartial<RolloutSettings[K]>;
};

/** A value instead of thresholds is a `stop`. */
export type PartialThrottle = {
  readonly [K in keyof ThrottleSettings]?: K extends "active_sessions"
    ? ThrottleSettings[K] | Sessions
    : ThrottleSettings[K] extends Thresholds | null
      ? ThrottleSettings[K] | number
      : ThrottleSettings[K];
};

type DeepPartial<T> = T extends object ? { readonly [K in keyof T]?: DeepPartial<T[K]> } : T;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const DEFAULT_SETTINGS: RolloutSettings = {
  lock: { timeout: 500, budget: 10 * MINUTE },
  backfill: {
    batch_time: 50,
    batch_time_busy: 10,
    workers: 1,
    user_triggers: "fire",
    quarantine_limit: 100,
    throttle: {
      replica_lag: { stop: 5 * SECOND },
      replica_lag_bytes: null,
      slot_wal: null,
      archive_backlog: null,
      waiting_sessions: { slow: 0 },
      active_sessions: null,
      probe: null,
      queries: {},
      slow_ratio: 0,
    },
    vacuum: { every: 0.1 },
  },
  contract: { soak: 24 * HOUR, auto: false },
  ignore_dependents: [],
  views: false,
};
