import type { Session } from "../postgres/session.ts";

/** The id of the newest event of a rollout. */
export async function lastEvent(session: Session, rollout: string): Promise<string> {
  const { rows } = await session.query<{ id: string }>(
    `SELECT coalesce(max(id), 0)::text AS id FROM segue.event WHERE rollout = $1`,
    [rollout],
  );
  return rows[0]?.id ?? "0";
}

/** True if a cancellation was asked for after an event, whether it was obeyed since or not. */
export async function cancelAsked(session: Session, rollout: string, after: string): Promise<boolean> {
  const { rows } = await session.query(
    `SELECT FROM segue.event WHERE rollout = $1 AND id > $2 AND type = 'cancel asked for' LIMIT 1`,
    [rollout, after],
  );
  return rows.length > 0;
}
