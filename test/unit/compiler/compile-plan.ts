import { VOCABULARY } from "../../../src/compiler/registry.ts";
import { compile } from "../../../src/compiler/compile.ts";
import type { Catalog } from "../../../src/model/catalog.ts";
import type { Plan } from "../../../src/model/plan.ts";
import type { Program } from "../../../src/model/program.ts";
import type { Step, UndoStep } from "../../../src/model/step.ts";
import { completeSettings } from "../../../src/plan/merge-settings.ts";
import { readPlan } from "../../../src/plan/read-plan.ts";

/** A plan from its YAML. Needs the parser. */
export function planOf(text: string, id = "1_test"): Plan {
  return readPlan({ path: `plans/${id}.yaml`, text }, VOCABULARY);
}

/** The program of a plan with the default settings under the plan's own. */
export function compiled(text: string, catalog: Catalog, id?: string): Program {
  const plan = planOf(text, id);
  return compile(plan, catalog, completeSettings(plan.settings));
}

/** What runs of a step, with the bodies of functions left out. */
export function sqlOf(step: Step | UndoStep): string | readonly string[] {
  switch (step.kind) {
    case "transaction":
      return step.statements.map((sql) =>
        sql
          .replace(/ AS \$segue\$[^]*/, " AS …")
          .replace(/^DO \$segue\$\nDECLARE\n  reader record;[^]*/, "DO … (lock views)")
          .replace(/^DO \$segue\$\nDECLARE\n  path text[^]*/, "DO … (turn views)"),
      );
    case "concurrent":
      return step.statement;
    case "fill":
      return `fill ${step.set.map(({ column }) => column).join(", ")}`;
    case "rows":
      return `${step.change.change} rows`;
    default:
      return step satisfies never;
  }
}
