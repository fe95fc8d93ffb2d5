import { createHash } from "node:crypto";
import { latestRollout, programOf, rolloutById, setState } from "../journal/rollouts.ts";
import { recordEvent } from "../journal/events.ts";
import { SegueError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import type { Inverse, Program } from "../model/program.ts";
import type { Rollout } from "../model/rollout.ts";
import type { Step } from "../model/step.ts";
import { planReport } from "./planning.ts";
import { contractPlan, type ReverseVerbOptions, upPlan, type VerbResult } from "./running.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Takes back a rollout that dropped what it hid, by a rollout of its own, `<plan>~inverse`: the first call expands and
 * fills the old shape up to `ready`, so that the old version can be deployed; a further one contracts the new shape.
 *
 * @throws SegueError SEG0304 if it can't be made, or would lose values that were not given up with `--lose-values`
 */
export async function reverseCompleted(
  workspace: Workspace,
  rollout: Rollout,
  verb: ReverseVerbOptions,
): Promise<VerbResult> {
  const program = await workspace.reading((session) => programOf(session, rollout.id));
  const plan = inversePlan(program, program.inverse);
  // An older one took back an earlier run of the plan.
  const known = await workspace.reading((session) => latestRollout(session, plan.id, rollout.id));
  if (known === null || known.state === "reversed") refuseLoss(program, verb);
  const result = await run(workspace, plan, rollout, known, verb);
  if (result.state === "completed") await markReversed(workspace, rollout);
  return result;
}

async function run(
  workspace: Workspace,
  plan: Plan,
  rollout: Rollout,
  known: Rollout | null,
  verb: ReverseVerbOptions,
): Promise<VerbResult> {
  const ready = known !== null && ["ready", "contracting", "soaking", "dropping"].includes(known.state);
  if (!ready) return await upPlan(workspace, plan, { ...verb, contract: false, after: rollout.id });
  return await contractPlan(workspace, plan, {
    ...verb,
    yes: verb.accept?.includes("--lose-values") === true || verb.yes === true,
  });
}

/**
 * What reverseCompleted() would do and lose. Changes nothing.
 *
 * @throws SegueError SEG0304 if it can't be made, and what compiling it throws
 */
export async function inverseDryRun(workspace: Workspace, rollout: Rollout): Promise<InverseReversal> {
  const program = await workspace.reading((session) => programOf(session, rollout.id));
  const plan = inversePlan(program, program.inverse);
  const { expand, backfill, cutover, drop } = (await planReport(workspace, plan)).program;
  return {
    plan: plan.id,
    toReady: [...expand, ...backfill],
    afterDeploy: [...cutover, ...drop],
    lost: program.inverse.possible ? program.inverse.lost : [],
  };
}

/** The rollout that takes a completed one back. */
export interface InverseReversal {
  readonly plan: string;
  /** What a first `reverse` runs: then the old version may be deployed again. */
  readonly toReady: readonly Step[];
  /** What a second one runs. */
  readonly afterDeploy: readonly Step[];
  /** What can't be rebuilt; needs `--lose-values`. */
  readonly lost: readonly string[];
}

function refuseLoss({ plan, inverse }: Program, verb: ReverseVerbOptions): void {
  if (!inverse.possible || inverse.lost.length === 0 || verb.accept?.includes("--lose-values") === true) return;
  throw new SegueError("SEG0304", {
    message: `${plan} is completed; the old shape can be built again, but not all of it`,
    object: plan,
    problems: inverse.lost.map((message) => ({ message: `lost: ${message}` })),
    next: `segue reverse ${plan} --lose-values starts the inverse rollout ${plan}~inverse`,
  });
}

/** @throws SegueError SEG0304 if there is none */
function inversePlan(program: Program, inverse: Inverse): Plan {
  if (!inverse.possible) {
    throw new SegueError("SEG0304", {
      message: `${program.plan} is completed, and its inverse can't be made`,
      object: program.plan,
      problems: inverse.reasons.map((message) => ({ message })),
      next: "write the way back as a plan of its own",
    });
  }
  const { operations, expand, backfill, contract } = inverse;
  const content = {
    description: `the inverse of ${program.plan}`,
    operations: operations.map(({ kind, fields }) => ({ [kind]: fields })),
    ...Object.fromEntries(
      Object.entries({ expand, backfill, contract }).map(([phase, entries]) => [
        phase,
        entries.map(({ kind, fields }) => ({ [kind]: fields })),
      ]),
    ),
  };
  const id = `${program.plan}~inverse`;
  return {
    id,
    version: /^\d+/.exec(program.plan)?.[0] ?? "0",
    name: id.replace(/^\d+_/, ""),
    file: id,
    form: "yaml",
    description: content.description,
    requires: [],
    conflicts: [],
    operations,
    phases: { expand, backfill, contract },
    gates: program.gates,
    settings: program.settings,
    takesBack: (program.versions ?? []).map(({ of, schema, replaces }) => ({
      of,
      from: schema,
      to: replaces[0]?.schema ?? null,
    })),
    hash: createHash("sha256").update(JSON.stringify(content)).digest("hex"),
    content,
    locate: () => undefined,
  };
}

/** The plan may be expanded again from here on. Asked for again, where a process died between the inverse's end and this. */
async function markReversed(workspace: Workspace, { id, plan }: Rollout): Promise<void> {
  await workspace.writing(async (session) => {
    await session.transaction(async () => {
      const { state } = await rolloutById(session, id);
      if (state === "reversed") return;
      await setState(session, id, "reversed");
      await recordEvent(session, id, "state", { from: state, to: "reversed", by: `${plan}~inverse` });
    });
  });
}
