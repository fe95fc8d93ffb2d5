import type { Session } from "../postgres/session.ts";

/** How a running rollout stands, as its runner told last. */
export interface JournaledStand {
  readonly stand: "slow" | "stopped" | "paused";
  readonly reason: string | null;
  readonly since: Date;
}

/**
 * What a runner told last of throttles and pauses: null while nothing holds it. A later runner begins anew; what holds a
 * worker beside it says nothing of it.
 */
export async function standOf(session: Session, rollout: string): Promise<JournaledStand | null> {
  const { rows } = await session.query<{ stand: string; reason: string | null; since: Date }>(STAND, [rollout]);
  const last = rows[0];
  if (last === undefined) return null;
  const { stand, reason, since } = last;
  return stand === "slow" || stand === "stopped" || stand === "paused" ? { stand, reason, since } : null;
}

const OF_THE_RUNNER = "detail->'joined' IS NULL";

// A stop is told again when it has another reason: it stands since the first of those in a row.
const STAND = `
WITH told AS (
  SELECT id, time, detail->>'reason' AS reason,
         CASE WHEN type <> 'throttled' THEN type WHEN detail->>'level' = 'slow' THEN 'slow' ELSE 'stopped' END AS stand
    FROM segue.event
   WHERE rollout = $1 AND type IN ('throttled', 'paused', 'resumed', 'released', 'lease taken') AND ${OF_THE_RUNNER}),
last AS (SELECT * FROM told ORDER BY id DESC LIMIT 1)
SELECT stand, reason,
       (SELECT min(time) FROM told WHERE told.stand = last.stand
           AND told.id > coalesce((SELECT max(id) FROM told AS other WHERE other.stand <> last.stand), 0)) AS since
  FROM last`;

/**
 * Milliseconds for which signals had stopped a runner that was never to tell of the end: it was killed, or has lost its
 * connection.
 *
 * @param seenAt its last sign of life
 */
export async function stoppedUntil(session: Session, rollout: string, seenAt: Date): Promise<number> {
  const stand = await standOf(session, rollout);
  return stand?.stand === "stopped" ? Math.max(0, seenAt.getTime() - stand.since.getTime()) : 0;
}

/** Milliseconds for which signals have stopped the runners of a rollout, all together; without a stop that has not ended. */
export async function throttledFor(session: Session, rollout: string): Promise<number> {
  const { rows } = await session.query<{ ms: number }>(
    `SELECT coalesce(sum((detail->>'throttledMs')::float8), 0) AS ms FROM segue.event
      WHERE rollout = $1 AND type IN ('throttled', 'paused', 'resumed', 'released', 'lease taken') AND ${OF_THE_RUNNER}`,
    [rollout],
  );
  return rows[0]?.ms ?? 0;
}
