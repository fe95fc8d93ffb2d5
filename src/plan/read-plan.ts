import { type Problem, SegueError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import type { PlanFile, PlanResult } from "./plan-file.ts";
import { planName } from "./plan-name.ts";
import { readSqlPlan } from "./read-sql-plan.ts";
import { readYamlPlan } from "./read-yaml-plan.ts";
import type { Vocabulary } from "./vocabulary.ts";

/**
 * Reads a plan, YAML or SQL. The SQL parser must be loaded (`loadParser`).
 *
 * @throws SegueError SEG0001 with every problem of the file: position, line and what was expected.
 */
export function readPlan(file: PlanFile, vocabulary: Vocabulary): Plan {
  const { plan, problems } = tryReadPlan(file, vocabulary);
  if (problems !== null) throw invalid(file.path, problems);
  return plan;
}

/** The same, with the problems as a value. */
export function tryReadPlan(file: PlanFile, vocabulary: Vocabulary): PlanResult {
  const name = planName(file.path);
  if (typeof name === "string")
    return { plan: null, problems: [{ message: name, at: { file: file.path, line: 1, column: 1 } }] };
  return name.form === "yaml" ? readYamlPlan(name, file.path, file.text, vocabulary) : readSqlPlan(name, file);
}

function invalid(path: string, problems: readonly Problem[]): SegueError {
  const message =
    problems.length === 1 ? `${path} is not a valid plan` : `${path} is not a valid plan: ${problems.length} problems`;
  return new SegueError("SEG0001", { message, problems });
}
