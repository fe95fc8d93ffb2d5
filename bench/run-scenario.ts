import type { BenchServer } from "./bench-server.ts";
import type { LoadReport } from "./load-protocol.ts";
import { type Clients, measure, measureClients, type Run } from "./measure.ts";
import { methodsOf } from "./methods.ts";
import type { Scenario } from "./scenario.ts";
import { expandBySegue } from "./segue-method.ts";
import { type TriggerCosts, triggerCosts } from "./trigger-cost.ts";

/** All that was measured of a scenario. */
export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly clients: Clients;
  /** Without clients; how many rounds there were, is how often each method is in it. */
  readonly runs: readonly Run[];
  readonly loadRuns: readonly Run[];
  /** The clients without any fill, once a round. */
  readonly alone: readonly LoadReport[];
  /** The same beside a session that only computes: what a processor less costs them. */
  readonly computing: readonly LoadReport[];
  readonly triggers: TriggerCosts | null;
}

const SHORTEST_ALONE_MS = 3000;
/** A round beside clients takes about as long as so many without. */
const WITH_CLIENTS = 2;

/**
 * Measures a scenario: in each round every method once, so that what else the machine does meets all alike.
 *
 * @param deadline of `performance.now()`: no round begins that is likely to end after it, but the first
 * @param heard is told of each run
 */
export async function runScenario(
  server: BenchServer,
  scenario: Scenario,
  clients: Clients,
  deadline: number,
  heard: (run: Run) => void,
): Promise<ScenarioResult> {
  const triggers = scenario.triggers ? await triggerCosts(server, scenario.shape) : null;
  const template = await server.fillTemplate(scenario.shape);
  const methods = await methodsOf(scenario.methods);
  const round = async (beside: Clients | null): Promise<Run[]> => {
    const runs: Run[] = [];
    for (const method of methods) {
      const run = await measure(server, template, method, beside);
      heard(run);
      runs.push(run);
    }
    return runs;
  };
  const runs: Run[] = [];
  let longest = 0;
  const hasTime = (rounds: number): boolean => performance.now() + rounds * longest < deadline;
  const plainRound = async (): Promise<void> => {
    const began = performance.now();
    runs.push(...(await round(null)));
    longest = Math.max(longest, performance.now() - began);
  };
  await plainRound();
  const loadRuns: Run[] = [];
  const alone: LoadReport[] = [];
  const computing: LoadReport[] = [];
  for (let n = 0; n < scenario.loadRounds && hasTime(WITH_CLIENTS); n += 1) {
    const beside = await round(clients);
    loadRuns.push(...beside);
    // As long as the fill that it is compared with: the longer the time, the longer its longest wait.
    const ms = Math.max(SHORTEST_ALONE_MS, beside.find(({ method }) => method === "segue_1")?.ms ?? 0);
    const without = (what: "nothing" | "computing"): Promise<LoadReport> =>
      measureClients(server, template, expandBySegue, clients, { ms, beside: what });
    alone.push(await without("nothing"));
    computing.push(await without("computing"));
  }
  for (let n = 1; n < scenario.rounds && hasTime(1); n += 1) await plainRound();
  return { scenario, clients, runs, loadRuns, alone, computing, triggers };
}
