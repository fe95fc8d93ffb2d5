import { type Bar, chart, type Panel } from "./chart.ts";
import { mediansOf, medianWaits, type MethodMedians, type Waits } from "./medians.ts";
import { labelOf } from "./methods.ts";
import type { ScenarioResult } from "./run-scenario.ts";
import { describeShape } from "./shape.ts";

/** The medians of a scenario as an SVG document. */
export function scenarioChart({ scenario, runs, loadRuns, alone, computing }: ScenarioResult): string {
  const plain = mediansOf(runs);
  const panels: Panel[] = [
    panel("Time", plain, (m) => [m.ms, `${(m.ms / 1000).toFixed(2)} s`]),
    panel("WAL", plain, (m) => [m.wal, `${m.wal.toFixed(0)} bytes a row`]),
    panel("Heap after / before", plain, (m) => [m.heapGrowth, `${m.heapGrowth.toFixed(2)}×`]),
    panel("Indexes after / before", plain, (m) => [m.indexGrowth, `${m.indexGrowth.toFixed(2)}×`]),
  ];
  const none = medianWaits(alone);
  if (none !== null) {
    const { bars } = panel("", mediansOf(loadRuns), ({ waits }) => [waits?.p99 ?? 0, milliseconds(waits?.p99 ?? 0)]);
    const bar = (label: string, { p99 }: Waits): Bar => ({ label, value: p99, text: milliseconds(p99), accent: false });
    panels.push({
      title: "Clients' p99 (logarithmic)",
      scale: "log",
      bars: [bar("no fill", none), bar("only computing", medianWaits(computing) ?? none), ...bars],
    });
  }
  return chart(describeShape(scenario.shape), panels);
}

function panel(
  title: string,
  medians: readonly MethodMedians[],
  pick: (medians: MethodMedians) => readonly [value: number, text: string],
): Panel {
  const bars = medians.map((m): Bar => {
    const [value, text] = pick(m);
    return { label: labelOf(m.method), value, text, accent: m.method.startsWith("segue") };
  });
  return { title, scale: "linear", bars };
}

function milliseconds(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
