import type { LoadReport } from "../../../bench/load-protocol.ts";
import type { Run } from "../../../bench/measure.ts";
import type { ScenarioResult } from "../../../bench/run-scenario.ts";
import { STANDARD } from "../../../bench/shape.ts";

const waits = (p99: number): LoadReport => ({
  transactions: 100,
  failed: [],
  p50: p99 / 10,
  p95: p99 / 2,
  p99,
  longest: p99 * 4,
});

export const run = (method: Run["method"], ms: number, more: Partial<Run> = {}): Run => ({
  method,
  ms,
  wholeMs: ms + 100,
  wal: 400,
  heapGrowth: 1.15,
  indexGrowth: 1,
  hotShare: 0.86,
  nodeCpuMs: 12,
  transactions: 60,
  load: null,
  ...more,
});

/** A scenario of three rounds, with one round of clients. */
export function scenarioResult(more: Partial<ScenarioResult> = {}): ScenarioResult {
  const cost = { none: 10, segue: 12, pgroll: 15, segue_vs_pgroll: 0.4 };
  return {
    scenario: {
      name: "standard",
      shape: { ...STANDARD, rows: 1000 },
      methods: ["update", "segue_1"],
      rounds: 3,
      loadRounds: 1,
      triggers: true,
      sharedBuffers: "1GB",
    },
    clients: { rate: 500, connections: 8 },
    runs: [
      run("update", 1000, { wal: 800, heapGrowth: 2.06 }),
      run("segue_1", 500),
      run("update", 1100, { wal: 800, heapGrowth: 2.06 }),
      run("segue_1", 600),
      run("update", 9000, { wal: 800, heapGrowth: 2.06 }),
      run("segue_1", 550),
    ],
    loadRuns: [run("update", 1200, { load: waits(900) }), run("segue_1", 900, { load: waits(3) })],
    alone: [waits(2)],
    computing: [waits(3)],
    triggers: {
      fallible: { update: cost, update_other: { ...cost, segue_vs_pgroll: 0.1 }, insert: cost },
      safe: {
        update: { ...cost, segue_vs_pgroll: 0.3 },
        update_other: { ...cost, segue_vs_pgroll: 0.35 },
        insert: { ...cost, segue_vs_pgroll: 0.2 },
      },
    },
    ...more,
  };
}
