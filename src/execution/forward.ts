import { SegueError } from "../model/errors.ts";
import type { RolloutState } from "../model/rollout.ts";
import { recordEvent } from "../journal/events.ts";
import { openQuarantine, sampleLines } from "../journal/quarantine.ts";
import { rolloutById, soakEnded, startSoak } from "../journal/rollouts.ts";
import { advance } from "./advance.ts";
import { requireDroppable } from "./drop-guard.ts";
import { requireGates } from "./gates.ts";
import { runStage } from "./run-stage.ts";
import { requireSyncIntact } from "./sync-guard.ts";
import type { Runner } from "./runner.ts";
import { verifyAndSettle } from "./verification.ts";

const stateOf = async (runner: Runner): Promise<RolloutState> =>
  (await rolloutById(runner.observer, runner.rollout)).state;

/** True if the program has anything to contract. */
export function contracts(runner: Runner): boolean {
  return runner.program.cutover.length + runner.program.drop.length > 0;
}

/** Runs expand to its end, or what is left of it. A later state is no error: there is nothing to do. */
export async function expand(runner: Runner): Promise<RolloutState> {
  const state = await stateOf(runner);
  if (state !== "planned" && state !== "expanding") return state;
  await advance(runner, { type: "expand started" });
  await runStage(runner, "expand");
  return await advance(runner, { type: "expand done" });
}

/**
 * Runs the backfill to `ready`, or what is left of it.
 *
 * @throws SegueError SEG0404 while rows are quarantined
 */
export async function backfill(runner: Runner): Promise<RolloutState> {
  const state = await stateOf(runner);
  if (state !== "expanded" && state !== "backfilling") return state;
  await advance(runner, { type: "backfill started" });
  await runStage(runner, "backfill");
  if ((await openQuarantine(runner.observer, runner.rollout)).count > 0) await verifyAndSettle(runner);
  const open = await openQuarantine(runner.observer, runner.rollout);
  if (open.count > 0) {
    throw new SegueError("SEG0404", {
      message: `${open.count} row${open.count === 1 ? "" : "s"} that the application wrote meanwhile could not be derived`,
      problems: sampleLines(runner.plan, open),
      left: "All other rows are filled and kept in sync.",
      next: `mend these rows, then segue resume ${runner.plan}`,
    });
  }
  return await advance(runner, { type: "backfill done", contracts: contracts(runner) });
}

export interface ContractOptions {
  /** What to do while the soak has not ended: say so as an error, or leave the rollout soaking. */
  readonly soaking: "refuse" | "leave";
  /** Asked right before what ends reversibility: true goes on. */
  confirmDrop(): Promise<boolean>;
}

/**
 * Asks the gates, cuts over, and drops once the soak has ended. Called again it goes on from where it stands.
 *
 * @throws SegueError SEG0303 with every gate if one does not hold; SEG0306 if the drop is not confirmed
 */
export async function contract(runner: Runner, options: ContractOptions): Promise<RolloutState> {
  let state = await stateOf(runner);
  if (state === "ready") {
    await requireGates(runner);
    state = await advance(runner, { type: "cutover started" });
  }
  if (state === "contracting") {
    await runStage(runner, "cutover");
    const { soak, drop } = runner.program;
    state = await advance(runner, { type: "cutover done", drops: drop.length > 0 }, async () => {
      if (drop.length > 0) await startSoak(runner.session, runner.rollout, soak ?? 0);
    });
    if (state === "soaking" && (soak ?? 0) > 0) return state;
  }
  if (state === "soaking") {
    if (options.soaking === "leave" && !(await soakEnded(runner.observer, runner.rollout))) return state;
    await requireSoakEnded(runner);
    await requireDroppable(runner);
    if (!(await options.confirmDrop())) throw unconfirmed(runner.plan);
    await requireSyncIntact(runner);
    state = await advance(runner, { type: "drop started" });
  }
  if (state === "dropping") {
    await runStage(runner, "drop");
    state = await advance(runner, { type: "drop done" }, () =>
      recordEvent(runner.session, runner.rollout, "completed", {}),
    );
  }
  return state;
}

async function requireSoakEnded(runner: Runner): Promise<void> {
  if (await soakEnded(runner.observer, runner.rollout)) return;
  const { soakEndsAt } = await rolloutById(runner.observer, runner.rollout);
  throw new SegueError("SEG0303", {
    message: `the soak ends at ${soakEndsAt?.toISOString() ?? "an unknown time"}`,
    object: runner.plan,
    left: "The old shape is hidden and kept in sync.",
    next: `segue contract ${runner.plan} after that; segue reverse ${runner.plan} until then`,
  });
}

function unconfirmed(plan: string): SegueError {
  return new SegueError("SEG0306", {
    message: "dropping the old shape can't be taken back, and was not confirmed",
    object: plan,
    left: "The rollout is soaking: the old shape is hidden and kept in sync.",
    next: `segue contract ${plan} --yes drops it; segue reverse ${plan} brings it back`,
  });
}
