import type { Session } from "../postgres/session.ts";

/** The channel on which everything that moves is announced; the payload is the rollout's id. */
export const CHANNEL = "segue";

export interface JournalEvent {
  readonly id: string;
  readonly time: Date;
  readonly type: string;
  readonly actor: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The setting by which a session says for whom it works. */
export const ACTOR_SETTING = "segue.actor";

/**
 * Adds to the history and wakes who watches; in the caller's transaction, so that it happens if and only if the rest does.
 *
 * @param actor by default whoever the session works for, else its role
 */
export async function recordEvent(
  session: Session,
  rollout: string,
  type: string,
  detail: Readonly<Record<string, unknown>> = {},
  actor?: string,
): Promise<void> {
  await session.query(
    `WITH event AS (
       INSERT INTO segue.event (rollout, type, actor, detail) VALUES ($1, $2, coalesce($4, nullif(current_setting('${ACTOR_SETTING}', true), ''), session_user), $3)
     ) SELECT pg_notify('${CHANNEL}', $5)`,
    [rollout, type, JSON.stringify(detail), actor ?? null, rollout],
  );
}

/** The history of a rollout, oldest first. */
export async function eventsOf(session: Session, rollout: string): Promise<readonly JournalEvent[]> {
  const { rows } = await session.query<JournalEvent>(
    `SELECT id, time, type, actor, detail FROM segue.event WHERE rollout = $1 ORDER BY id`,
    [rollout],
  );
  return rows;
}

/** Whether the last reversal left the catalog as it was before expand; null if nobody compared. */
export async function catalogRestored(session: Session, rollout: string): Promise<boolean | null> {
  const { rows } = await session.query<{ restored: boolean }>(
    `SELECT detail->'differences' = '[]'::jsonb AS restored FROM segue.event
      WHERE rollout = $1 AND type = 'catalog compared' ORDER BY id DESC LIMIT 1`,
    [rollout],
  );
  return rows[0]?.restored ?? null;
}
