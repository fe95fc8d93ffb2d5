import type { Rollout } from "../model/rollout.ts";
import { replicaLag } from "../postgres/replicas.ts";
import type { Session } from "../postgres/session.ts";

/** What the fills of a rollout have done so far, over all their runs and workers. */
export interface Filled {
  readonly rows: number;
  /** What the server has written while their batches ran. */
  readonly walBytes: number;
  /** How many of the updates of tables were HOT, 0 to 1; null while there are none. */
  readonly hotShare: number | null;
  /** Milliseconds for which the worst replica is behind now; null without one, and where the role does not see it. */
  readonly lagMs: number | null;
}

/** Reads it from the journal; null while nothing is being filled. */
export async function readFilled(session: Session, { id, state }: Rollout): Promise<Filled | null> {
  if (state !== "backfilling") return null;
  const { rows } = await session.query<{ rows: number; wal: number; updates: number; hot: number }>(FILLED, [id]);
  const found = rows[0];
  if (found === undefined || found.rows === 0) return null;
  const lags = (await replicaLag(session)).flatMap(({ lagMs }) => (lagMs === null ? [] : [lagMs]));
  return {
    rows: found.rows,
    walBytes: found.wal,
    hotShare: found.updates === 0 ? null : Math.min(1, found.hot / found.updates),
    lagMs: lags.length === 0 ? null : Math.max(...lags),
  };
}

// A list of rows is not updated: the table is.
const FILLED = `
SELECT coalesce(sum(rows_done), 0)::float8 AS rows, coalesce(sum(wal_bytes), 0)::float8 AS wal,
       coalesce(sum(rows_done) FILTER (WHERE is_fill), 0)::float8 AS updates, coalesce(sum(hot_rows) FILTER (WHERE is_fill), 0)::float8 AS hot
  FROM segue.extent AS e,
       LATERAL (SELECT EXISTS (SELECT FROM segue.step AS s WHERE s.rollout = e.rollout AND s.step->>'id' = e.step AND s.step->>'kind' = 'fill')) AS k (is_fill)
 WHERE e.rollout = $1`;
