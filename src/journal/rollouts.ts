import type { Plan } from "../model/plan.ts";
import type { Program, Touch } from "../model/program.ts";
import { type Rollout, ROLLOUT_STATES, type RolloutState } from "../model/rollout.ts";
import type { Session } from "../postgres/session.ts";

interface RolloutRow {
  id: string;
  plan: string;
  plan_hash: string;
  state: RolloutState;
  reverse_to: "start" | "ready" | null;
  epoch: string;
  actor: string;
  tool_version: string;
  created_at: Date;
  updated_at: Date;
  soak_ends_at: Date | null;
  verified_at: Date | null;
  verified_rows: string | null;
  error: Rollout["error"];
}

const COLUMNS = `id, plan, plan_hash, state, reverse_to, epoch, actor, tool_version, created_at, updated_at, soak_ends_at,
  verified_at, verified_rows, error`;

function toRollout(row: RolloutRow): Rollout {
  return {
    id: row.id,
    plan: row.plan,
    planHash: row.plan_hash,
    state: row.state,
    reverseTo: row.reverse_to,
    epoch: Number(row.epoch),
    actor: row.actor,
    toolVersion: row.tool_version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    soakEndsAt: row.soak_ends_at,
    verifiedAt: row.verified_at,
    verifiedRows: row.verified_rows === null ? null : Number(row.verified_rows),
    error: row.error,
  };
}

/** The newest rollout of a plan, or null; with `after` only one that began later than that rollout. */
export async function latestRollout(session: Session, plan: string, after = "0"): Promise<Rollout | null> {
  const { rows } = await session.query<RolloutRow>(
    `SELECT ${COLUMNS} FROM segue.rollout WHERE plan = $1 AND id > $2 ORDER BY id DESC LIMIT 1`,
    [plan, after],
  );
  return rows[0] === undefined ? null : toRollout(rows[0]);
}

/** One rollout by its id. */
export async function rolloutById(session: Session, id: string): Promise<Rollout> {
  const { rows } = await session.query<RolloutRow>(`SELECT ${COLUMNS} FROM segue.rollout WHERE id = $1`, [id]);
  if (rows[0] === undefined) throw new Error(`no rollout ${id}`);
  return toRollout(rows[0]);
}

/** All rollouts, oldest first; with `inFlight` only those that hold something in the database. */
export async function listRollouts(session: Session, { inFlight = false } = {}): Promise<readonly Rollout[]> {
  const states = inFlight
    ? ROLLOUT_STATES.filter((state) => state !== "completed" && state !== "reversed")
    : ROLLOUT_STATES;
  const { rows } = await session.query<RolloutRow>(
    `SELECT ${COLUMNS} FROM segue.rollout WHERE state = ANY ($1) ORDER BY id`,
    [states],
  );
  return rows.map(toRollout);
}

/** The program that was frozen at expand. */
export async function programOf(session: Session, id: string): Promise<Program> {
  const { rows } = await session.query<{ program: Program }>(`SELECT program FROM segue.rollout WHERE id = $1`, [id]);
  if (rows[0] === undefined) throw new Error(`no rollout ${id}`);
  return rows[0].program;
}

/** The parsed content of the plan as it was when its rollout began. */
export async function planContentOf(session: Session, id: string): Promise<unknown> {
  const { rows } = await session.query<{ plan_content: unknown }>(
    `SELECT plan_content FROM segue.rollout WHERE id = $1`,
    [id],
  );
  return rows[0]?.plan_content;
}

/** Rollouts in flight with what they work on. */
export async function touchesInFlight(session: Session): Promise<readonly InFlight[]> {
  const { rows } = await session.query<InFlight>(
    `SELECT plan, state, touches, coalesce(program->'reads', '[]') AS reads
       FROM segue.rollout WHERE state NOT IN ('completed', 'reversed') ORDER BY id`,
  );
  return rows;
}

/** A rollout in flight, as far as others must keep off it. */
export interface InFlight {
  readonly plan: string;
  readonly state: RolloutState;
  readonly touches: readonly Touch[];
  readonly reads: readonly Touch[];
}

/**
 * Keeps two plans from coming into flight at the same moment: each must see the other's touches. Held until the transaction
 * ends, which may read the whole catalog first; a mode that conflicts with itself and not with writes, so that rollouts
 * that are in flight go on meanwhile.
 */
export async function lockRollouts(session: Session): Promise<void> {
  await session.query(`LOCK TABLE segue.rollout IN SHARE UPDATE EXCLUSIVE MODE`);
}

/** Records a compiled plan, with its steps; in the caller's transaction. Returns the new rollout's id. */
export async function insertRollout(
  session: Session,
  rollout: { plan: Plan; program: Program; actor: string; toolVersion: string },
): Promise<string> {
  const { plan, program, actor, toolVersion } = rollout;
  const { rows } = await session.query<{ id: string }>(
    `INSERT INTO segue.rollout (plan, plan_hash, plan_content, program, touches, state, actor, tool_version)
     VALUES ($1, $2, $3, $4, $5, 'planned', $6, $7) RETURNING id`,
    [
      plan.id,
      plan.hash,
      JSON.stringify(plan.content),
      JSON.stringify(program),
      JSON.stringify(program.touches),
      actor,
      toolVersion,
    ],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error("INSERT … RETURNING returned no row");
  return id;
}

/** Moves a rollout on, in the caller's transaction; the caller has checked the transition and stands behind the fence. */
export async function setState(session: Session, id: string, state: RolloutState): Promise<void> {
  await session.query(
    `UPDATE segue.rollout SET state = $2, updated_at = clock_timestamp(), error = NULL,
       reverse_to = CASE WHEN $2 = 'reversing' THEN reverse_to END WHERE id = $1`,
    [id, state],
  );
}

/** Starts the soak's clock: the database's. */
export async function startSoak(session: Session, id: string, soakMs: number): Promise<void> {
  await session.query(
    `UPDATE segue.rollout SET soak_ends_at = clock_timestamp() + $2 * interval '1 millisecond' WHERE id = $1`,
    [id, soakMs],
  );
}

/** Records how far the reversal goes. */
export async function setReverseTo(session: Session, id: string, to: "start" | "ready"): Promise<void> {
  await session.query(`UPDATE segue.rollout SET reverse_to = $2 WHERE id = $1`, [id, to]);
}

/** Records a verification that found nothing wrong. */
export async function setVerified(session: Session, id: string, rowCount: number): Promise<void> {
  await session.query(`UPDATE segue.rollout SET verified_at = clock_timestamp(), verified_rows = $2 WHERE id = $1`, [
    id,
    rowCount,
  ]);
}

/** Records why the rollout stopped; cleared by the next change of state or finished step. */
export async function setError(
  session: Session,
  id: string,
  error: NonNullable<Rollout["error"]> | null,
): Promise<void> {
  await session.query(`UPDATE segue.rollout SET error = $2, updated_at = clock_timestamp() WHERE id = $1`, [
    id,
    error === null ? null : JSON.stringify(error),
  ]);
}

/** Whether the soak has ended, by the database's clock. */
export async function soakEnded(session: Session, id: string): Promise<boolean> {
  const { rows } = await session.query<{ ended: boolean }>(
    `SELECT coalesce(soak_ends_at <= clock_timestamp(), false) AS ended FROM segue.rollout WHERE id = $1`,
    [id],
  );
  return rows[0]?.ended === true;
}
