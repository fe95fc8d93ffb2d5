import { backfill, contract, contracts, expand } from "../execution/forward.ts";
import { reverse, type ReverseOptions } from "../execution/reverse.ts";
import { reconnecting, type Runner, type RunOptions, withRunner } from "../execution/runner.ts";
import { existing, startRollout } from "../execution/start.ts";
import { installJournal, requireJournal } from "../journal/install.ts";
import { catalogRestored } from "../journal/events.ts";
import { latestRollout } from "../journal/rollouts.ts";
import type { Loss } from "../model/step.ts";
import { SegueError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import type { Rollout, RolloutState } from "../model/rollout.ts";
import { isInFlight } from "../lifecycle/transition.ts";
import { defaultActor, ownerName, type VerbOptions } from "./options.ts";
import { lackingPrivilege } from "./privileges.ts";
import { TOOL_VERSION } from "./version.ts";
import { sessionPooler, type Workspace } from "./workspace.ts";

export interface RunVerbOptions extends VerbOptions {
  /** For a plain SQL statement that was cut off: run it again, or take it as done. */
  readonly uncertain?: "rerun" | "skip" | undefined;
}

export interface ContractVerbOptions extends RunVerbOptions {
  /** Confirms the drop after the soak, which can't be taken back. */
  readonly yes?: boolean | undefined;
  /** Asked instead of `yes`, where a person can answer. */
  readonly confirmDrop?: (() => Promise<boolean>) | undefined;
}

export interface ReverseVerbOptions extends RunVerbOptions {
  /** Confirms the drop at the end of an inverse rollout. */
  readonly yes?: boolean | undefined;
  readonly to?: "start" | "ready" | undefined;
  readonly accept?: readonly NonNullable<Loss["flag"]>[] | undefined;
  /** An SQL expression for the NULLs of columns that become NOT NULL again. */
  readonly fill?: string | undefined;
}

/** Where a verb left a rollout, and whether it found anything to do. */
export interface VerbResult {
  readonly plan: string;
  readonly state: RolloutState;
  readonly changed: boolean;
  /** ISO 8601; while soaking. */
  readonly soakEndsAt: string | null;
  /** Once reversed: whether the catalog is what it was before expand. Null else, or where that was not compared. */
  readonly catalogRestored: boolean | null;
}

/** Runs `work` on the plan's rollout under its lease; starts the rollout first if `start` allows. */
async function runOn(
  workspace: Workspace,
  plan: Plan,
  options: RunVerbOptions & { readonly start: boolean; readonly after?: string },
  work: (runner: Runner) => Promise<RolloutState>,
): Promise<VerbResult> {
  const rollout = options.start ? await started(workspace, plan, options) : await inFlight(workspace, plan);
  if (!isInFlight(rollout.state)) return result(rollout, rollout, false);
  return await runRollout(workspace, rollout, options, work);
}

/** Runs `work` on a rollout that exists. */
export async function runRollout(
  workspace: Workspace,
  rollout: Rollout,
  options: RunVerbOptions & { readonly force?: boolean },
  work: (runner: Runner) => Promise<RolloutState>,
): Promise<VerbResult> {
  const { target, pooler } = await workspace.primary();
  await withRunner(
    {
      target,
      owner: ownerName(),
      actor: workspace.options.actor ?? defaultActor(),
      ...listening(workspace, options),
      kill: options.kill ?? NEVER,
      uncertain: options.uncertain,
      settings: workspace.options.settings ?? {},
      force: options.force ?? false,
      ...sessionPooler(pooler),
    },
    rollout,
    work,
  ).catch((error: unknown) => {
    throw lackingPrivilege(error, "What was committed before stands and is recorded.");
  });
  return await workspace.reading(async (session) => {
    const after = (await latestRollout(session, rollout.plan)) ?? rollout;
    const restored = after.state === "reversed" ? await catalogRestored(session, after.id) : null;
    return result(rollout, after, true, restored);
  });
}

function result(before: Rollout, after: Rollout, ran: boolean, restored: boolean | null = null): VerbResult {
  return {
    plan: after.plan,
    state: after.state,
    changed: ran && (before.state !== after.state || before.id !== after.id),
    soakEndsAt: after.state === "soaking" ? (after.soakEndsAt?.toISOString() ?? null) : null,
    catalogRestored: restored,
  };
}

const NEVER = new AbortController().signal;

/** How a verb is stopped and heard. */
function listening(workspace: Workspace, { signal }: RunVerbOptions): Pick<RunOptions, "signal" | "emit"> {
  return { signal: signal ?? NEVER, emit: (event) => workspace.options.onEvent?.(event) };
}

async function started(
  workspace: Workspace,
  plan: Plan,
  options: RunVerbOptions & { readonly after?: string },
): Promise<Rollout> {
  const settings = await workspace.settingsOf(plan);
  const { schema } = await workspace.config();
  const actor = workspace.options.actor ?? defaultActor();
  // A database that can't be reached at all fails here, without patience.
  await workspace.primary();
  return await reconnecting(listening(workspace, options), plan.id, () =>
    workspace.writing(async (session) => {
      await installJournal(session);
      const { after } = options;
      return await startRollout(session, { plan, settings, schema, actor, toolVersion: TOOL_VERSION, after });
    }),
  );
}

/** @throws SegueError SEG0302 if the plan has no rollout, SEG0301 if its file changed */
async function inFlight(workspace: Workspace, plan: Plan): Promise<Rollout> {
  return await workspace.reading(async (session) => {
    await requireJournal(session);
    const rollout = await latestRollout(session, plan.id);
    if (rollout !== null && rollout.state !== "reversed") return await existing(session, rollout, plan);
    throw new SegueError("SEG0302", {
      message: `${plan.id} ${rollout === null ? "was never expanded" : "was reversed"}`,
      object: plan.id,
      next: `segue expand ${plan.id}`,
    });
  });
}

/** Expand: additive DDL and sync. */
export async function expandPlan(workspace: Workspace, plan: Plan, options: RunVerbOptions): Promise<VerbResult> {
  return await runOn(workspace, plan, { ...options, start: true }, expand);
}

/** Expand, if need be, and backfill to `ready`. */
export async function backfillPlan(workspace: Workspace, plan: Plan, options: RunVerbOptions): Promise<VerbResult> {
  return await runOn(workspace, plan, { ...options, start: false }, async (runner) => {
    const state = await expand(runner);
    return state === "expanded" || state === "backfilling" ? await backfill(runner) : state;
  });
}

/** Expand and backfill in one go. With `after` a rollout of the plan that began before that one is none. */
export async function upPlan(
  workspace: Workspace,
  plan: Plan,
  options: RunVerbOptions & { readonly contract: boolean; readonly after?: string },
): Promise<VerbResult> {
  return await runOn(workspace, plan, { ...options, start: true }, async (runner) => {
    await expand(runner);
    const state = await backfill(runner);
    const auto = options.contract && runner.program.settings.contract.auto && contracts(runner);
    return auto ? await contract(runner, { soaking: "leave", confirmDrop: () => Promise.resolve(true) }) : state;
  });
}

/** Contract: evidence, cut-over, soak, drop. */
export async function contractPlan(
  workspace: Workspace,
  plan: Plan,
  options: ContractVerbOptions,
): Promise<VerbResult> {
  let soaking: "refuse" | "leave" | null = null;
  return await runOn(workspace, plan, { ...options, start: false }, async (runner) => {
    const state = await requireReady(runner);
    // Run again after a lost connection, it finds the soak that it has begun itself.
    soaking ??= state === "soaking" ? "refuse" : "leave";
    return await contract(runner, {
      soaking,
      confirmDrop: options.confirmDrop ?? (() => Promise.resolve(options.yes === true)),
    });
  });
}

async function requireReady(runner: Runner): Promise<RolloutState> {
  const rollout = await latestRollout(runner.observer, runner.plan);
  const state = rollout?.state ?? "planned";
  // Completed: by this very run, if the answer to its last commit was lost, or by another one just now.
  if (["ready", "contracting", "soaking", "dropping", "completed"].includes(state)) return state;
  throw new SegueError("SEG0302", {
    message: `${runner.plan} is ${state}: it must be ready before it contracts`,
    object: runner.plan,
    next:
      state === "reversing" ? `segue reverse ${runner.plan} finishes the reversal` : `segue backfill ${runner.plan}`,
  });
}

/** Back to before expand, or to `ready`. */
export async function reverseRollout(
  workspace: Workspace,
  rollout: Rollout,
  options: ReverseVerbOptions,
): Promise<VerbResult> {
  const asked: ReverseOptions = { to: options.to ?? "start", accept: options.accept ?? [], fill: options.fill ?? null };
  return await runRollout(workspace, rollout, options, (runner) => reverse(runner, asked));
}

/**
 * Goes on with whatever was interrupted, in the direction in which it was going.
 *
 * @throws SegueError SEG0301 if the plan's file is there and says something else by now
 */
export async function resumeRollout(
  workspace: Workspace,
  rollout: Rollout,
  options: RunVerbOptions & { yes?: boolean | undefined },
): Promise<VerbResult> {
  if (rollout.state !== "reversing") await refuseEdited(workspace, rollout);
  return await runRollout(workspace, rollout, options, async (runner) => {
    switch (rollout.state) {
      case "planned":
      case "expanding":
        return await expand(runner);
      case "expanded":
      case "backfilling":
        return await backfill(runner);
      case "contracting":
      case "dropping":
        return await contract(runner, {
          soaking: "leave",
          confirmDrop: () => Promise.resolve(options.yes === true),
        });
      case "reversing":
        return await reverse(runner, { to: rollout.reverseTo ?? "start", accept: [], fill: null });
      case "ready":
      case "soaking":
      case "completed":
      case "reversed":
        return rollout.state;
      default:
        return rollout.state satisfies never;
    }
  });
}

/** A rollout goes on without its file, by the journal alone; but not against it. */
async function refuseEdited(workspace: Workspace, rollout: Rollout): Promise<void> {
  const plan = (await plansAtHand(workspace)).find(({ id }) => id === rollout.plan);
  if (plan !== undefined) await workspace.reading((session) => existing(session, rollout, plan));
}

async function plansAtHand(workspace: Workspace): Promise<readonly Plan[]> {
  try {
    return await workspace.plans();
  } catch (error) {
    if (error instanceof SegueError && error.code === "SEG0005") return [];
    throw error;
  }
}
