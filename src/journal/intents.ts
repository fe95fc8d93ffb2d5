import type { Session } from "../postgres/session.ts";
import { CHANNEL } from "./events.ts";

export type IntentKind = "pause" | "cancel";

export interface Intents {
  readonly pause: boolean;
  readonly cancel: boolean;
}

/** Asks whoever runs the rollout for something; obeyed at the next batch boundary, and by later runners too. */
export async function setIntent(session: Session, rollout: string, kind: IntentKind, actor: string): Promise<void> {
  await session.query(
    `WITH intent AS (
       INSERT INTO segue.intent (rollout, kind, actor) VALUES ($1, $2, $3)
       ON CONFLICT (rollout, kind) DO UPDATE SET actor = excluded.actor, created_at = clock_timestamp()
     ) SELECT pg_notify('${CHANNEL}', $4)`,
    [rollout, kind, actor, rollout],
  );
}

/** Takes an intent back; true if there was one. */
export async function clearIntent(session: Session, rollout: string, kind: IntentKind): Promise<boolean> {
  const { rowCount } = await session.query(`DELETE FROM segue.intent WHERE rollout = $1 AND kind = $2`, [
    rollout,
    kind,
  ]);
  await session.query(`SELECT pg_notify('${CHANNEL}', $1)`, [rollout]);
  return rowCount === 1;
}

/** What people currently ask of a rollout. */
export async function intentsOf(session: Session, rollout: string): Promise<Intents> {
  const { rows } = await session.query<{ kind: IntentKind }>(
    `SELECT kind FROM segue.intent WHERE rollout = $1 AND (expires_at IS NULL OR expires_at > clock_timestamp())`,
    [rollout],
  );
  const kinds = rows.map((row) => row.kind);
  return { pause: kinds.includes("pause"), cancel: kinds.includes("cancel") };
}

/**
 * A cancellation is obeyed once: left standing, it would end the next run too. Not by a runner that was taken over, which
 * would take it from its successor.
 *
 * @throws an error with SQLSTATE SG001 if another runner has taken over
 */
export async function takeCancel(session: Session, rollout: string, epoch: number): Promise<void> {
  await session.query(
    `WITH ours AS MATERIALIZED (SELECT segue.fence($1, $2))
     DELETE FROM segue.intent WHERE rollout = $1 AND kind = 'cancel' AND EXISTS (SELECT FROM ours)`,
    [rollout, epoch],
  );
}
