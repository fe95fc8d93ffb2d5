import { mkdir, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import { BenchServer } from "./bench-server.ts";
import { goalsOf, judge } from "./goals.ts";
import { describeMachine, type Machine } from "./machine.ts";
import type { Run } from "./measure.ts";
import { labelOf } from "./methods.ts";
import { type Options, parseOptions, UsageError } from "./options.ts";
import { goalsText, scaleText, scenarioText } from "./report-text.ts";
import { runScale, type ScaleResult } from "./run-scale.ts";
import { runScenario, type ScenarioResult } from "./run-scenario.ts";
import { SCALE } from "./scenario.ts";
import { scenarioChart } from "./scenario-chart.ts";
import { summarize } from "./summary.ts";

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const note = (text: string): void => void process.stderr.write(`${text}\n`);

interface Measured {
  readonly machine: Machine;
  readonly results: readonly ScenarioResult[];
  readonly scale: ScaleResult | null;
}

async function measureAll(options: Options): Promise<Measured> {
  const deadline = options.budget === null ? Number.POSITIVE_INFINITY : performance.now() + options.budget;
  const results: ScenarioResult[] = [];
  let machine: Machine | null = null;
  const heard = (run: Run): void => {
    note(`${labelOf(run.method)}: ${(run.ms / 1000).toFixed(2)} s${run.load === null ? "" : " beside clients"}`);
    if (options.json) print(JSON.stringify({ type: "run", ...run }));
  };
  for (const scenario of options.scenarios) {
    const server = await BenchServer.open(options.url, scenario.sharedBuffers);
    try {
      machine ??= await describeMachine(server);
      results.push(await runScenario(server, scenario, options.clients, deadline, heard));
    } finally {
      await server.close();
    }
  }
  let scale: ScaleResult | null = null;
  if (options.scale) {
    const server = await BenchServer.open(options.url, "4GB");
    try {
      scale = await runScale(server, SCALE, heard);
    } finally {
      await server.close();
    }
  }
  if (machine === null) throw new Error("Nothing was measured");
  return { machine, results, scale };
}

async function main(options: Options): Promise<void> {
  const { machine, results, scale } = await measureAll(options);
  const [first] = results;
  if (first === undefined) throw new Error("Nothing was measured");
  const summary = summarize(first);
  const goals = goalsOf(summary, scale).map((goal) => ({ type: "goal" as const, ...goal, ...judge(goal) }));
  await mkdir(options.out, { recursive: true });
  const json = { machine, loadAverageAfter: loadavg()[0], results, scale, goals, summary };
  await writeFile(join(options.out, "results.json"), `${JSON.stringify(json, null, 2)}\n`);
  for (const result of results) await writeFile(join(options.out, chartName(result)), scenarioChart(result));
  if (options.json) {
    for (const goal of goals) print(JSON.stringify(goal));
    print(JSON.stringify(summary));
  } else {
    print(results.map(scenarioText).join("\n\n\n"));
    if (scale !== null) print(`\n${scaleText(scale)}`);
    print(`\n${goalsText(goals)}`);
    print(
      `\nPostgreSQL ${machine.postgres}, ${machine.cpus} processors, load average ${machine.loadAverage.toFixed(1)} before; ` +
        `written to ${join(options.out, "results.json")} and ${join(options.out, "*.svg")}`,
    );
  }
  if (options.check && goals.some(({ verdict }) => verdict === "missed")) process.exitCode = 1;
}

function chartName({ scenario }: ScenarioResult): string {
  return `${scenario.name.replaceAll(" ", "-")}.svg`;
}

try {
  await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  note(error instanceof UsageError ? error.message : ((error as Error).stack ?? String(error)));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
