import { mediansOf, medianWaits, type Waits } from "./medians.ts";
import type { MethodName } from "./method.ts";
import type { ScenarioResult } from "./run-scenario.ts";
import { ratio } from "./statistics.ts";
import type { TriggerCosts } from "./trigger-cost.ts";

/** What `--json` ends with. A ratio is null where one of its sides was not measured. */
export interface Summary {
  readonly type: "summary";
  readonly rows: number;
  readonly ratios: {
    readonly segue_vs_update: number | null;
    readonly segue_vs_keyset: number | null;
    readonly segue_vs_pgroll_statement: number | null;
    readonly wal_vs_update: number | null;
    /** Sizes after Segue's fill by those before it. */
    readonly heap_growth: number | null;
    readonly index_growth: number | null;
    /** Milliseconds of Segue's own processor time a transaction. */
    readonly own_cpu_ms: number | null;
  };
  readonly load: LoadSummary | Record<string, never>;
  /** `safe`: of a column whose expression can't fail; by itself: of the one that is filled. */
  readonly trigger: (TriggerCosts["fallible"] & Pick<TriggerCosts, "safe">) | Record<string, never>;
}

/** Milliseconds. */
export interface LoadSummary {
  /** Transactions a second. */
  readonly rate: number;
  /** Of the time of the fills, under the clients. */
  readonly segue_vs_update: number | null;
  /** The clients' p99 beside Segue by that without a fill. */
  readonly p99_vs_none: number | null;
  /** The same beside a session that only computes by that without one. */
  readonly computing_p99_vs_none: number | null;
  /** By how much the longest wait beside Segue is longer than without a fill. */
  readonly longest_more_ms: number | null;
  readonly none: Waits;
  readonly methods: Partial<Record<MethodName, Waits & { readonly ms: number }>>;
}

/** The medians of a scenario as ratios to each other; `segue` is the one with one worker, as plans have it by default. */
export function summarize({ scenario, clients, runs, loadRuns, alone, computing, triggers }: ScenarioResult): Summary {
  const medians = mediansOf(runs);
  const find = (name: MethodName) => medians.find(({ method }) => method === name);
  const segue = find("segue_1");
  return {
    type: "summary",
    rows: scenario.shape.rows,
    ratios: {
      segue_vs_update: ratio(segue?.ms, find("update")?.ms),
      segue_vs_keyset: ratio(segue?.ms, find("keyset")?.ms),
      segue_vs_pgroll_statement: ratio(segue?.ms, find("pgroll_statement")?.ms),
      wal_vs_update: ratio(segue?.wal, find("update")?.wal),
      heap_growth: segue?.heapGrowth ?? null,
      index_growth: segue?.indexGrowth ?? null,
      own_cpu_ms: ratio(segue?.nodeCpuMs, segue?.transactions),
    },
    load: loadSummary(clients.rate, loadRuns, alone, computing),
    trigger: triggers === null ? {} : { ...triggers.fallible, safe: triggers.safe },
  };
}

function loadSummary(
  rate: number,
  loadRuns: ScenarioResult["loadRuns"],
  alone: ScenarioResult["alone"],
  computing: ScenarioResult["computing"],
): LoadSummary | Record<string, never> {
  const none = medianWaits(alone);
  if (none === null) return {};
  const methods: LoadSummary["methods"] = Object.fromEntries(
    mediansOf(loadRuns).flatMap(({ method, ms, waits }) => (waits === null ? [] : [[method, { ms, ...waits }]])),
  );
  const segue = methods.segue_1;
  return {
    rate,
    segue_vs_update: ratio(segue?.ms, methods.update?.ms),
    p99_vs_none: ratio(segue?.p99, none.p99),
    computing_p99_vs_none: ratio(medianWaits(computing)?.p99, none.p99),
    longest_more_ms: segue === undefined ? null : segue.longest - none.longest,
    none,
    methods,
  };
}
