import type { Session } from "../postgres/session.ts";
import type { Snapshot } from "../postgres/snapshot.ts";

/** Keeps the catalog before expand, in the transaction that creates the rollout. */
export async function keepSnapshot(session: Session, rollout: string, snapshot: Snapshot): Promise<void> {
  await session.query(`INSERT INTO segue.snapshot (rollout, kind, catalog) VALUES ($1, 'before', $2)`, [
    rollout,
    JSON.stringify(snapshot),
  ]);
}

/** The catalog before expand. */
export async function snapshotOf(session: Session, rollout: string): Promise<Snapshot | null> {
  const { rows } = await session.query<{ catalog: Snapshot }>(
    `SELECT catalog FROM segue.snapshot WHERE rollout = $1 AND kind = 'before'`,
    [rollout],
  );
  return rows[0]?.catalog ?? null;
}
