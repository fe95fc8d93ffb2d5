import { compile } from "../compiler/compile.ts";
import { makesVersions, scopeOf, touchesOf } from "../compiler/scope.ts";
import { recordEvent } from "../journal/events.ts";
import { insertRollout, latestRollout, lockRollouts, planContentOf } from "../journal/rollouts.ts";
import { keepSnapshot } from "../journal/snapshots.ts";
import { insertSteps } from "../journal/steps.ts";
import { isInFlight } from "../lifecycle/transition.ts";
import type { Catalog } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import type { Program } from "../model/program.ts";
import type { Rollout, RolloutState } from "../model/rollout.ts";
import type { RolloutSettings } from "../model/settings.ts";
import { readCatalog } from "../postgres/read-catalog.ts";
import { readVersioned } from "../postgres/read-versioned.ts";
import type { Session } from "../postgres/session.ts";
import { snapshotCatalog } from "../postgres/snapshot.ts";
import { contentDifference } from "./content-difference.ts";
import { refuseConflict, refuseOverlap, refuseReading } from "./refuse-overlap.ts";

/** The catalog as far as a plan is concerned: its tables, and the partitions below them. */
export async function catalogFor(
  session: Session,
  plan: Plan,
  settings: RolloutSettings,
  defaultSchema: string,
): Promise<Catalog> {
  const catalog = await withPartitions(session, plan, defaultSchema);
  if (!makesVersions(plan, settings)) return catalog;
  // A key is replaced in the tables that reference it too, wherever they are.
  const schemas = new Set([defaultSchema, ...Object.values(catalog.tables).map((table) => table.schema)]);
  for (const { table } of touchesOf(plan, defaultSchema)) schemas.add(table.schema);
  return { ...catalog, versioned: await readVersioned(session, [...schemas]) };
}

async function withPartitions(session: Session, plan: Plan, defaultSchema: string): Promise<Catalog> {
  const scope = scopeOf(plan, defaultSchema);
  const catalog = await readCatalog(session, { ...scope, defaultSchema });
  const partitions = Object.values(catalog.tables).flatMap((table) =>
    table.partitions.map((partition) => partition.name),
  );
  if (partitions.length === 0) return catalog;
  const whole = await readCatalog(session, {
    ...scope,
    tables: [...scope.tables, ...partitions],
    defaultSchema,
    questions: [],
  });
  return { ...whole, facts: catalog.facts };
}

/**
 * Compiles a plan against the database as it is.
 *
 * @throws SegueError SEG0101, SEG0102, SEG0103 if it does not fit
 */
export async function compileFor(
  session: Session,
  plan: Plan,
  settings: RolloutSettings,
  schema: string,
): Promise<Program> {
  return compile(plan, await catalogFor(session, plan, settings, schema), settings);
}

export interface StartOptions {
  readonly plan: Plan;
  readonly settings: RolloutSettings;
  readonly schema: string;
  readonly actor: string;
  readonly toolVersion: string;
  /** For an inverse, the rollout that it takes back: one that is older took an earlier run of the plan back. */
  readonly after?: string | undefined;
}

/**
 * The rollout of a plan: the one in flight, or a new one, recorded with its frozen program and the catalog as it was. A
 * completed one is returned as it is. All in one transaction that other starts wait for.
 *
 * @throws SegueError SEG0301 if the plan changed while in flight, SEG0104, SEG0105, and what compile() throws
 */
export async function startRollout(session: Session, options: StartOptions): Promise<Rollout> {
  const { plan, settings, schema, actor, toolVersion, after } = options;
  const known = await latestRollout(session, plan.id, after);
  if (known !== null && known.state !== "reversed") return await existing(session, known, plan);
  await session.transaction(async () => {
    await lockRollouts(session);
    const raced = await latestRollout(session, plan.id, after);
    if (raced !== null && raced.state !== "reversed") return;
    await requireOthers(session, plan);
    await refuseConflict(session, plan);
    await refuseOverlap(session, plan.id, touchesOf(plan, schema));
    const program = await compileFor(session, plan, settings, schema);
    await refuseOverlap(session, plan.id, program.touches);
    await refuseReading(session, program);
    const snapshot = await snapshotCatalog(session, {});
    const id = await insertRollout(session, { plan, program, actor, toolVersion });
    for (const stage of ["expand", "backfill", "cutover", "drop"] as const) {
      await insertSteps(session, id, stage, program[stage]);
    }
    await keepSnapshot(session, id, snapshot);
    await recordEvent(session, id, "planned", { plan: plan.id, hash: plan.hash, tool: toolVersion }, actor);
  });
  const created = await latestRollout(session, plan.id, after);
  if (created === null) throw new Error(`the rollout of ${plan.id} vanished`);
  return await existing(session, created, plan);
}

/** @throws SegueError SEG0301 with the difference, if the plan in flight is not the plan in the file */
export async function existing(session: Session, rollout: Rollout, plan: Plan): Promise<Rollout> {
  if (rollout.planHash === plan.hash) return rollout;
  const before = await planContentOf(session, rollout.id);
  const differences = contentDifference(before, plan.content);
  const over = !isInFlight(rollout.state);
  throw new SegueError("SEG0301", {
    message: `${plan.file} is not the plan that ${over ? "was run" : "is being run"}: it changed since`,
    object: plan.id,
    problems: differences.map((message) => ({ message })),
    next: over
      ? "put the file back as it was, and write what is new as a plan of its own"
      : `put the file back as it was and go on, or segue reverse ${plan.id} first and then expand the new version`,
  });
}

const FAR_ENOUGH: Readonly<Record<"ready" | "completed", readonly RolloutState[]>> = {
  completed: ["completed"],
  ready: ["ready", "contracting", "soaking", "dropping", "completed"],
};

async function requireOthers(session: Session, plan: Plan): Promise<void> {
  const unmet: { readonly message: string; readonly next: string }[] = [];
  for (const { plan: id, phase } of plan.requires) {
    const state = (await latestRollout(session, id))?.state ?? "not started";
    if (FAR_ENOUGH[phase].includes(state as RolloutState)) continue;
    const next = phase === "ready" ? `segue up ${id}` : `segue up ${id}, and after the deploy segue contract ${id}`;
    unmet.push({ message: `${id} must be ${phase}; it is ${state}`, next });
  }
  const [first] = unmet;
  if (first === undefined) return;
  throw new SegueError("SEG0104", {
    message: `${plan.id} requires other plans first`,
    object: plan.id,
    problems: unmet.map(({ message }) => ({ message })),
    next: first.next,
  });
}
