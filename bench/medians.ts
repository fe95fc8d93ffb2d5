import type { LoadReport } from "./load-protocol.ts";
import type { Run } from "./measure.ts";
import { METHODS, type MethodName } from "./method.ts";
import { median } from "./statistics.ts";

export interface Waits {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly longest: number;
}

/** The runs of one method as one. */
export interface MethodMedians extends Omit<Run, "load"> {
  readonly rounds: number;
  readonly waits: Waits | null;
}

/** The medians of each method that has run, in the order of the methods; each figure by itself. */
export function mediansOf(runs: readonly Run[]): MethodMedians[] {
  return METHODS.flatMap((method) => {
    const own = runs.filter((run) => run.method === method);
    return own.length > 0 ? [ofMethod(method, own)] : [];
  });
}

/** The medians of reports; the longest wait is the median of each round's longest. Null without any. */
export function medianWaits(reports: readonly LoadReport[]): Waits | null {
  if (reports.length === 0) return null;
  const of = (pick: (report: LoadReport) => number): number => median(reports.map(pick)) ?? 0;
  return { p50: of((r) => r.p50), p95: of((r) => r.p95), p99: of((r) => r.p99), longest: of((r) => r.longest) };
}

function ofMethod(method: MethodName, runs: readonly Run[]): MethodMedians {
  const of = (pick: (run: Run) => number): number => median(runs.map(pick)) ?? 0;
  return {
    method,
    rounds: runs.length,
    ms: of((run) => run.ms),
    wholeMs: of((run) => run.wholeMs),
    wal: of((run) => run.wal),
    heapGrowth: of((run) => run.heapGrowth),
    indexGrowth: of((run) => run.indexGrowth),
    hotShare: median(runs.flatMap(({ hotShare }) => (hotShare === null ? [] : [hotShare]))),
    nodeCpuMs: of((run) => run.nodeCpuMs),
    transactions: of((run) => run.transactions),
    waits: medianWaits(runs.flatMap(({ load }) => (load === null ? [] : [load]))),
  };
}
