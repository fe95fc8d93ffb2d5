import { relationKey } from "../model/relation.ts";
import { stepsOf } from "../journal/steps.ts";
import type { Runner } from "./runner.ts";

/** Tables whose sync a step of the rollout has ended: there is nothing to watch any more. */
export async function dropsTriggers(runner: Runner): Promise<ReadonlySet<string>> {
  const records = await stepsOf(runner.session, runner.rollout);
  const ended = new Set<string>();
  for (const watch of runner.program.watches) {
    const drops = records.some(
      ({ step, state }) =>
        state === "done" &&
        step.kind === "transaction" &&
        step.table !== null &&
        relationKey(step.table) === relationKey(watch.table) &&
        step.statements.some((statement) => statement.startsWith("DROP TRIGGER IF EXISTS")),
    );
    if (drops) ended.add(relationKey(watch.table));
  }
  return ended;
}
