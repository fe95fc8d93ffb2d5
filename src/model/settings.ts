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
    readonly throttle: {
      /** Stop while any replica's replay is further behind than this. */
      readonly replica_lag: number | null;
    };
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

/** Settings as a plan, segue.yaml or a flag gives them: any part may be missing. */
export type PartialSettings = {
  readonly [K in keyof RolloutSettings]?: RolloutSettings[K] extends readonly string[]
    ? RolloutSettings[K]
    : DeepPartial<RolloutSettings[K]>;
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
    throttle: { replica_lag: 5 * SECOND },
  },
  contract: { soak: 24 * HOUR, auto: false },
  ignore_dependents: [],
  views: false,
};
