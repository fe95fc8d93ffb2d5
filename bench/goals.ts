import type { ScaleResult } from "./run-scale.ts";
import type { Summary } from "./summary.ts";
import type { TriggerCost } from "./trigger-cost.ts";

/** A figure that should not be greater than its limit. */
export interface Goal {
  readonly goal: string;
  readonly limit: number;
  readonly value: number | null;
  readonly unit: "×" | "ms";
}

/** `missed` says by how much: the value less the limit. */
export type Verdict =
  | { readonly verdict: "met" | "not measured" }
  | { readonly verdict: "missed"; readonly by: number };

/** The goals of the engine, with what was measured. They are set for 2M rows of 150 bytes and 2 indexes. */
export function goalsOf({ ratios, load, trigger }: Summary, scale: ScaleResult | null): Goal[] {
  const { safe, ...fallible } = "safe" in trigger ? trigger : { safe: {} };
  const worst = (costs: Readonly<Record<string, TriggerCost>>): number | null => {
    const ratios = Object.values(costs).map((cost) => cost.segue_vs_pgroll);
    return ratios.length > 0 ? Math.max(...ratios) : null;
  };
  return [
    { goal: "time, by one UPDATE's", limit: 0.65, value: ratios.segue_vs_update, unit: "×" },
    { goal: "time, by the pgroll statement's", limit: 0.4, value: ratios.segue_vs_pgroll_statement, unit: "×" },
    { goal: "WAL, by one UPDATE's", limit: 0.6, value: ratios.wal_vs_update, unit: "×" },
    { goal: "heap growth", limit: 1.2, value: ratios.heap_growth, unit: "×" },
    { goal: "index growth", limit: 1.05, value: ratios.index_growth, unit: "×" },
    { goal: "own processor time a transaction", limit: 0.25, value: ratios.own_cpu_ms, unit: "ms" },
    { goal: "time under load, by one UPDATE's", limit: 0.75, value: load.segue_vs_update ?? null, unit: "×" },
    { goal: "clients' p99, by that without a fill", limit: 2, value: load.p99_vs_none ?? null, unit: "×" },
    {
      goal: "clients' longest wait, more than without a fill",
      limit: 20,
      value: load.longest_more_ms ?? null,
      unit: "ms",
    },
    { goal: "cost a row at 10M rows, by that at 500k", limit: 1.2, value: scale?.costPerRow ?? null, unit: "×" },
    {
      goal: "cost of the trigger, by pgroll's, of the worst kind of write",
      limit: 0.5,
      value: worst(fallible),
      unit: "×",
    },
    {
      goal: "the same of a column whose expression can't fail",
      limit: 0.5,
      value: worst(safe),
      unit: "×",
    },
  ];
}

export function judge({ limit, value }: Goal): Verdict {
  if (value === null) return { verdict: "not measured" };
  return value <= limit ? { verdict: "met" } : { verdict: "missed", by: value - limit };
}
