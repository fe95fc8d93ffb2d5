import type { Watch } from "../model/program.ts";
import { ident } from "../sql/identifier.ts";
import { type StepRecord, stepsOf } from "../journal/steps.ts";
import type { Runner } from "./runner.ts";

/** The watches whose triggers are there: a step of the rollout has made them, and none has ended them. */
export async function watchesNow({ program, rollout, session }: Runner): Promise<readonly Watch[]> {
  const records = (await stepsOf(session, rollout)).filter(({ stage }) => stage !== "reverse");
  return program.watches.filter((watch) => isMade(watch, records) && !isEnded(watch, records));
}

/** Triggers that only the backfill makes are missed by nobody before. */
function isMade({ triggers }: Watch, records: readonly StepRecord[]): boolean {
  const makers = records.filter(({ step }) => says(step, triggers, "CREATE TRIGGER"));
  return makers.length === 0 || makers.some(({ state }) => state === "done");
}

function isEnded({ triggers }: Watch, records: readonly StepRecord[]): boolean {
  return records.some(({ state, step }) => state === "done" && says(step, triggers, "DROP TRIGGER IF EXISTS"));
}

function says(step: StepRecord["step"], triggers: readonly string[], verb: string): boolean {
  if (step.kind !== "transaction") return false;
  return step.statements.some((statement) => triggers.some((name) => statement.startsWith(`${verb} ${ident(name)} `)));
}
