import { explain } from "../compiler/explain.ts";
import { catalogFor, compileFor } from "../execution/start.ts";
import { hasJournal } from "../journal/install.ts";
import { latestRollout, programOf } from "../journal/rollouts.ts";
import type { Catalog } from "../model/catalog.ts";
import type { Plan } from "../model/plan.ts";
import type { Program } from "../model/program.ts";
import type { Rollout } from "../model/rollout.ts";
import type { Workspace } from "./workspace.ts";

/** What `segue plan` shows: the program of a plan on this database, or the one that is in flight. Nothing was changed. */
export interface PlanReport {
  readonly plan: string;
  readonly program: Program;
  /** Set if a rollout is in flight: the program is then the frozen one. */
  readonly rollout: Pick<Rollout, "state" | "createdAt"> | null;
  /** The tables that it works on, as they are. */
  readonly tables: readonly { readonly name: string; readonly estimatedRows: number; readonly bytes: number }[];
}

/** @throws SegueError SEG0101, SEG0102, SEG0103 if the plan does not fit the database */
export async function planReport(workspace: Workspace, plan: Plan): Promise<PlanReport> {
  const settings = await workspace.settingsOf(plan);
  const { schema } = await workspace.config();
  return await workspace.reading(async (session) => {
    const rollout = (await hasJournal(session)) ? await latestRollout(session, plan.id) : null;
    if (rollout !== null && rollout.state !== "reversed" && rollout.state !== "completed") {
      const { state, createdAt } = rollout;
      return {
        plan: plan.id,
        program: await programOf(session, rollout.id),
        rollout: { state, createdAt },
        tables: [],
      };
    }
    const catalog = await catalogFor(session, plan, settings, schema);
    const program = await compileFor(session, plan, settings, schema);
    return { plan: plan.id, program, rollout: null, tables: sizes(catalog) };
  });
}

/** The plan in its explicit form, as YAML. */
export async function explanation(workspace: Workspace, plan: Plan): Promise<string> {
  const settings = await workspace.settingsOf(plan);
  const { schema } = await workspace.config();
  return await workspace.reading(async (session) =>
    explain(plan, await catalogFor(session, plan, settings, schema), settings),
  );
}

function sizes(catalog: Catalog): PlanReport["tables"] {
  return Object.entries(catalog.tables).map(([name, { estimatedRows, bytes }]) => ({ name, estimatedRows, bytes }));
}
