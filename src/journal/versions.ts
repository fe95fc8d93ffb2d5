import type { RolloutState } from "../model/rollout.ts";
import type { Session } from "../postgres/session.ts";

/** A versioned schema that applications may use. */
export interface MadeVersion {
  readonly schema: string;
  /** The schema whose tables it shows. */
  readonly of: string;
  /** The plan whose rollout made it. */
  readonly plan: string;
  readonly state: RolloutState;
}

// From `ready` on they stand, until a later plan or a reversal takes them away.
const MADE = `
SELECT r.id, r.plan, r.state, v->>'of' AS of, v->>'schema' AS schema
  FROM segue.rollout r
  CROSS JOIN LATERAL jsonb_array_elements(r.program->'versions') v
  JOIN pg_namespace n ON n.nspname = v->>'schema'
 WHERE r.state IN ('ready', 'contracting', 'soaking', 'dropping', 'completed')`;

/** The newest version of a schema's tables, or null. */
export async function latestVersion(session: Session, of: string): Promise<MadeVersion | null> {
  const { rows } = await session.query<MadeVersion>(
    `SELECT plan, state, of, schema FROM (${MADE}) AS made WHERE of = $1 ORDER BY id DESC LIMIT 1`,
    [of],
  );
  return rows[0] ?? null;
}

/** Versions that rollouts of after this one have made. */
export async function laterVersions(session: Session, rollout: string): Promise<readonly MadeVersion[]> {
  const { rows } = await session.query<MadeVersion>(
    `SELECT plan, state, of, schema FROM (${MADE}) AS made WHERE id > $1 ORDER BY id DESC`,
    [rollout],
  );
  return rows;
}
