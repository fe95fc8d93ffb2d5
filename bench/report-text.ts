import { type Goal, judge } from "./goals.ts";
import { mediansOf, medianWaits, type Waits } from "./medians.ts";
import { labelOf } from "./methods.ts";
import type { ScaleResult } from "./run-scale.ts";
import type { ScenarioResult } from "./run-scenario.ts";
import { describeShape } from "./shape.ts";
import { ratio } from "./statistics.ts";
import { textTable } from "./text-table.ts";
import type { TriggerCosts, Write } from "./trigger-cost.ts";

/** What was measured of a scenario, as tables for people. */
export function scenarioText(result: ScenarioResult): string {
  const parts = [`${result.scenario.name}: ${describeShape(result.scenario.shape)}`, fillTable(result)];
  if (result.loadRuns.length > 0) parts.push(loadTable(result));
  if (result.triggers !== null) parts.push(triggerTables(result.triggers));
  return parts.join("\n\n");
}

/** Each goal: met, or missed by how much. */
export function goalsText(goals: readonly Goal[]): string {
  return textTable(
    ["goal", "at most", "measured", ""],
    goals.map((goal) => {
      const verdict = judge(goal);
      const figure = (value: number): string =>
        goal.unit === "ms" ? `${value.toFixed(value < 10 ? 2 : 1)} ms` : value.toFixed(2);
      return [
        goal.goal,
        figure(goal.limit),
        goal.value === null ? "–" : figure(goal.value),
        verdict.verdict === "missed" ? `missed by ${figure(verdict.by)}` : verdict.verdict,
      ];
    }),
  );
}

export function scaleText({ small, large, costPerRow }: ScaleResult): string {
  const perRow = ({ rows, ms }: ScaleResult["small"]): string =>
    `${ms === null ? "–" : ((ms * 1000) / rows).toFixed(2)} µs a row at ${rows.toLocaleString("en-US")} rows`;
  return `Segue, 1 worker: ${perRow(small)}, ${perRow(large)}: ${costPerRow?.toFixed(2) ?? "–"}×`;
}

function fillTable({ runs }: ScenarioResult): string {
  const medians = mediansOf(runs);
  const update = medians.find(({ method }) => method === "update");
  const rounds = medians[0]?.rounds ?? 0;
  const table = textTable(
    [
      "",
      "seconds",
      "× UPDATE",
      "with expand",
      "WAL/row",
      "× UPDATE",
      "heap",
      "indexes",
      "HOT",
      "own CPU s",
      "ms a transaction",
    ],
    medians.map((m) => [
      labelOf(m.method),
      (m.ms / 1000).toFixed(2),
      times(ratio(m.ms, update?.ms)),
      (m.wholeMs / 1000).toFixed(2),
      m.wal.toFixed(0),
      times(ratio(m.wal, update?.wal)),
      times(m.heapGrowth),
      times(m.indexGrowth),
      m.hotShare === null ? "–" : `${(m.hotShare * 100).toFixed(0)}%`,
      (m.nodeCpuMs / 1000).toFixed(2),
      (ratio(m.nodeCpuMs, m.transactions) ?? 0).toFixed(2),
    ]),
  );
  return `Without clients: medians of ${rounds} ${rounds === 1 ? "round" : "rounds"}\n${table}`;
}

function loadTable({ loadRuns, alone, computing, clients }: ScenarioResult): string {
  const medians = mediansOf(loadRuns);
  const update = medians.find(({ method }) => method === "update");
  const none = medianWaits(alone);
  const waits = (w: Waits | null): string[] =>
    w === null ? [] : [w.p50, w.p95, w.p99, w.longest].map((ms) => ms.toFixed(ms < 100 ? 2 : 0));
  const table = textTable(
    ["", "seconds", "× UPDATE", "p50 ms", "p95", "p99", "longest"],
    [
      ["no fill", "", "", ...waits(none)],
      ["a session that only computes", "", "", ...waits(medianWaits(computing))],
      ...medians.map((m) => [
        labelOf(m.method),
        (m.ms / 1000).toFixed(2),
        times(ratio(m.ms, update?.ms)),
        ...waits(m.waits),
      ]),
    ],
  );
  return `Beside clients (${clients.rate} transactions a second): medians of ${alone.length} ${alone.length === 1 ? "round" : "rounds"}\n${table}`;
}

const WRITES: Record<Write, string> = {
  update: "update of the synced column",
  update_other: "update of another column",
  insert: "insert",
};

const KINDS: Record<keyof TriggerCosts, string> = {
  fallible: "the column that is filled",
  safe: "a column whose expression can't fail",
};

function triggerTables(triggers: TriggerCosts): string {
  return (Object.keys(KINDS) as (keyof TriggerCosts)[]).map((kind) => triggerTable(triggers, kind)).join("\n\n");
}

function triggerTable(triggers: TriggerCosts, kind: keyof TriggerCosts): string {
  const micro = (value: number): string => value.toFixed(1);
  return `A client's write on the server, µs: ${KINDS[kind]}\n${textTable(
    ["", "no trigger", "Segue's", "pgroll's", "Segue's cost / pgroll's"],
    (Object.keys(WRITES) as Write[]).map((write) => {
      const { none, segue, pgroll, segue_vs_pgroll } = triggers[kind][write];
      return [WRITES[write], micro(none), micro(segue), micro(pgroll), times(segue_vs_pgroll)];
    }),
  )}`;
}

function times(value: number | null): string {
  return value === null ? "–" : `${value.toFixed(2)}×`;
}
