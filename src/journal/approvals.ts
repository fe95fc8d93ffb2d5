import type { Session } from "../postgres/session.ts";

export interface Approval {
  readonly label: string;
  readonly actor: string;
  readonly time: Date;
}

/** Records an approval; a later one by the same label renews it. */
export async function approve(session: Session, rollout: string, label: string, actor: string): Promise<void> {
  await session.query(
    `INSERT INTO segue.approval (rollout, label, actor) VALUES ($1, $2, $3)
     ON CONFLICT (rollout, label) DO UPDATE SET actor = excluded.actor, time = clock_timestamp()`,
    [rollout, label, actor],
  );
}

/** The approval under a label, or null. */
export async function approvalOf(session: Session, rollout: string, label: string): Promise<Approval | null> {
  const { rows } = await session.query<Approval>(
    `SELECT label, actor, time FROM segue.approval WHERE rollout = $1 AND label = $2`,
    [rollout, label],
  );
  return rows[0] ?? null;
}
