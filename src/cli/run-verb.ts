import { EXIT, type ExitCode, type VerbResult } from "../index.ts";
import type { Context, StopSignals } from "./context.ts";
import { reportResult } from "./describe-result.ts";

/** Runs one of the verbs that move a rollout, and prints where it left it. */
export async function runVerb(
  context: Context,
  work: (verb: StopSignals) => Promise<VerbResult | readonly VerbResult[]>,
): Promise<ExitCode> {
  const results = [await context.running(work)].flat();
  for (const result of results) reportResult(context, result);
  return EXIT.done;
}
