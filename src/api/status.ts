import { contractGates } from "./gate-preview.ts";
import type { GateResult } from "../gates/gate-result.ts";
import { type Filled, readFilled } from "./filled.ts";
import { type Hold, readHold } from "./hold.ts";
import { interruptedStates } from "./status-states.ts";
import { requireJournal } from "../journal/install.ts";
import { readIntents } from "../journal/intents.ts";
import { type Lease, readLease } from "../journal/lease.ts";
import { latestRollout, listRollouts } from "../journal/rollouts.ts";
import { type StepRecord, stepsOf } from "../journal/steps.ts";
import { mayRun } from "../lifecycle/safe-to-deploy.ts";
import type { Phase } from "../model/phase.ts";
import type { Rollout, RolloutState } from "../model/rollout.ts";
import { readBuildProgress } from "../postgres/build-progress.ts";
import type { Session } from "../postgres/session.ts";
import { sessionName } from "../postgres/session-name.ts";

/** One rollout as `segue status` shows it. */
export interface StatusReport {
  readonly plan: string;
  readonly state: RolloutState;
  readonly phase: Phase | "reverse" | null;
  /** The title of the step that runs or is next. */
  readonly step: string | null;
  readonly progress: { readonly done: number; readonly total: number; readonly unit: string } | null;
  /** What the fills have done, while one is under way. */
  readonly filled: Filled | null;
  /** How many workers hold a part of a table that is being filled. */
  readonly workers: number;
  readonly health: "running" | "throttled" | "waiting" | "paused" | "interrupted" | "failed" | "done";
  /** Why it does not move, or moves slowly. */
  readonly reason: string | null;
  /** Since when it is paused, throttled or slow, by the database's clock; ISO 8601. */
  readonly since: string | null;
  /** What a person asks of its fills: time slept per time worked. */
  readonly throttle: { readonly ratio: number; readonly actor: string; readonly until: string | null } | null;
  /** Whole seconds for which signals have stopped it in all, with a stop that lasts. */
  readonly throttledSeconds: number;
  /** Which application versions may run now. */
  readonly mayRun: "old" | "old and new" | "new";
  readonly gates: readonly GateResult[];
  readonly lease: {
    readonly owner: string;
    readonly epoch: number;
    readonly expiresAt: string;
    readonly expired: boolean;
  } | null;
  readonly soakEndsAt: string | null;
  /** The command that goes on from here, or null if nothing is left. */
  readonly next: string | null;
  readonly updatedAt: string;
}

/**
 * The state of one plan's newest rollout, or of all rollouts: the newest of each plan.
 *
 * @throws SegueError SEG0206 if there is no journal
 */
export async function readStatus(session: Session, plan?: string): Promise<readonly StatusReport[]> {
  await requireJournal(session);
  if (plan !== undefined) {
    const rollout = await latestRollout(session, plan);
    return rollout === null ? [] : [await reportOf(session, rollout)];
  }
  const newest = new Map<string, Rollout>();
  for (const rollout of await listRollouts(session)) newest.set(rollout.plan, rollout);
  const reports: StatusReport[] = [];
  for (const rollout of newest.values()) reports.push(await reportOf(session, rollout));
  return reports;
}

async function reportOf(session: Session, rollout: Rollout): Promise<StatusReport> {
  const steps = await stepsOf(session, rollout.id);
  const lease = await readLease(session, rollout.id);
  const intents = await readIntents(session, rollout.id);
  const hold = await readHold(session, rollout, lease, intents);
  const current =
    steps.find((record) => record.state === "running") ??
    steps.find((record) => record.state === "pending" && isAhead(record, rollout));
  const health = healthOf(rollout, lease, hold);
  return {
    plan: rollout.plan,
    state: rollout.state,
    phase: phaseOf(rollout.state),
    step: current?.step.title ?? null,
    progress: await progressOf(session, rollout, steps),
    filled: await readFilled(session, rollout),
    workers: await workersOf(session, rollout),
    health,
    reason: reasonOf(rollout, health, current, hold),
    since: health === "running" || health === "throttled" || health === "paused" ? hold.since : null,
    throttle: hold.throttle,
    throttledSeconds: hold.throttledSeconds,
    mayRun: mayRun(
      rollout.state,
      steps.some((record) => record.stage === "cutover" || record.stage === "drop"),
    ),
    gates: rollout.state === "ready" ? await contractGates(session, rollout) : [],
    lease:
      lease === null
        ? null
        : { owner: lease.owner, epoch: lease.epoch, expiresAt: lease.expiresAt.toISOString(), expired: lease.expired },
    soakEndsAt: rollout.state === "soaking" ? (rollout.soakEndsAt?.toISOString() ?? null) : null,
    next: health === "paused" ? `segue unpause ${rollout.plan}` : nextCommand(rollout),
    updatedAt: rollout.updatedAt.toISOString(),
  };
}

function isAhead(record: StepRecord, rollout: Rollout): boolean {
  return (record.stage === "reverse") === (rollout.state === "reversing");
}

function phaseOf(state: RolloutState): StatusReport["phase"] {
  if (state === "planned" || state === "expanding") return "expand";
  if (state === "expanded" || state === "backfilling") return "backfill";
  if (state === "reversing") return "reverse";
  return state === "completed" || state === "reversed" ? null : "contract";
}

function healthOf(rollout: Rollout, lease: Lease | null, hold: Hold): StatusReport["health"] {
  if (rollout.state === "completed" || rollout.state === "reversed") return "done";
  const paused = hold.held === "pausing" || hold.held === "paused";
  if (lease !== null && !lease.expired) return paused ? "paused" : hold.held === "stopped" ? "throttled" : "running";
  if (rollout.error !== null) return "failed";
  if (paused) return "paused";
  return interruptedStates.includes(rollout.state) ? "interrupted" : "waiting";
}

function reasonOf(
  rollout: Rollout,
  health: StatusReport["health"],
  current: StepRecord | undefined,
  hold: Hold,
): string | null {
  switch (health) {
    case "failed":
      return rollout.error?.message ?? null;
    case "interrupted":
      return current?.error?.message ?? "nobody runs it";
    case "paused":
    case "throttled":
    case "running":
      return hold.reason;
    case "waiting":
    case "done":
      return null;
    default:
      return health satisfies never;
  }
}

async function workersOf(session: Session, { id, epoch, state }: Rollout): Promise<number> {
  if (state !== "backfilling") return 0;
  const { rows } = await session.query<{ workers: number }>(
    `SELECT count(DISTINCT owner)::int AS workers FROM segue.extent AS e
      WHERE rollout = $1 AND epoch = $2 AND EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.pid = e.owner_pid)`,
    [id, epoch],
  );
  return rows[0]?.workers ?? 0;
}

/** What the server says of an index build that runs; else blocks of the fills if any was begun, else steps. */
async function progressOf(
  session: Session,
  rollout: Rollout,
  steps: readonly StepRecord[],
): Promise<StatusReport["progress"]> {
  const building = steps.some(({ state, step }) => state === "running" && step.kind === "concurrent");
  if (building) {
    // Of the runner's own session, whichever epoch it has.
    const build = await readBuildProgress(session, { applicationName: sessionName(rollout.id, rollout.epoch) });
    if (build !== null && build.total > 0) return { done: build.done, total: build.total, unit: build.unit };
  }
  if (rollout.state === "backfilling") {
    const { rows } = await session.query<{ done: string | null; total: string | null }>(
      // A part that is being swept is filled.
      `SELECT sum(CASE WHEN state = 'done' OR stripes = 1 THEN end_block ELSE least(cursor_block, end_block) END - first_block) AS done,
              sum(end_block - first_block) AS total
         FROM segue.extent WHERE rollout = $1 AND method = 'stripe'`,
      [rollout.id],
    );
    const total = Number(rows[0]?.total ?? 0);
    if (total > 0) return { done: Math.min(Number(rows[0]?.done ?? 0), total), total, unit: "blocks" };
  }
  const relevant = steps.filter((record) => (record.stage === "reverse") === (rollout.state === "reversing"));
  return { done: relevant.filter((record) => record.state === "done").length, total: relevant.length, unit: "steps" };
}

/** What a person types next. */
export function nextCommand({ state, plan }: Pick<Rollout, "state" | "plan">): string | null {
  // An inverse rollout has no file: the reversal of the plan that it takes back drives it.
  if (plan.endsWith("~inverse")) return state === "completed" ? null : `segue reverse ${plan.replace(/~inverse$/, "")}`;
  switch (state) {
    case "planned":
    case "expanding":
      return `segue expand ${plan}`;
    case "expanded":
    case "backfilling":
      return `segue backfill ${plan}`;
    case "ready":
    case "contracting":
    case "soaking":
    case "dropping":
      return `segue contract ${plan}`;
    case "reversing":
      return `segue reverse ${plan}`;
    case "completed":
      return null;
    case "reversed":
      return `segue expand ${plan}`;
    default:
      return state satisfies never;
  }
}
