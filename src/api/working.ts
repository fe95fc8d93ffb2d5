import { type WorkEnd, workBeside } from "../execution/work.ts";
import { requireJournal } from "../journal/install.ts";
import { latestRollout } from "../journal/rollouts.ts";
import { SegueError } from "../model/errors.ts";
import { defaultActor, ownerName, type VerbOptions } from "./options.ts";
import { JOURNAL_GRANTS, lackingPrivilege } from "./privileges.ts";
import { sessionPooler, type Workspace } from "./workspace.ts";

/** How a further worker of a backfill ended. */
export interface WorkResult extends WorkEnd {
  readonly plan: string;
}

const AS_THE_RUNNER = `connect as the role that runs the rollout, or have it ${JOURNAL_GRANTS}, and SELECT and UPDATE on the tables that are filled, to this one`;

/** Joins the backfill that a plan is in, beside the process that runs it. */
export async function workOn(workspace: Workspace, plan: string, options: VerbOptions): Promise<WorkResult> {
  const { target, pooler } = await workspace.primary();
  const rollout = await workspace.reading(async (session) => {
    await requireJournal(session);
    return await latestRollout(session, plan);
  });
  if (rollout === null)
    throw new SegueError("SEG0302", {
      message: `${plan} was never expanded`,
      object: plan,
      next: `segue expand ${plan}`,
    });
  const never = new AbortController().signal;
  const end = await workBeside(
    {
      target,
      owner: ownerName(),
      actor: workspace.options.actor ?? defaultActor(),
      signal: options.signal ?? never,
      kill: options.kill ?? never,
      settings: workspace.options.settings ?? {},
      ...sessionPooler(pooler),
      emit: (event) => workspace.options.onEvent?.(event),
    },
    rollout,
  ).catch((error: unknown) => {
    throw lackingPrivilege(
      error,
      "What was committed before stands and is recorded; others fill the rest.",
      AS_THE_RUNNER,
    );
  });
  return { plan: rollout.plan, ...end };
}
