import type { RolloutState } from "../model/rollout.ts";
import type { Session } from "../postgres/session.ts";
import { hasJournal } from "./install.ts";

/**
 * What the journal knows of plans: the state of each one's newest rollout. A rollout that was reversed before any step of it
 * was done says nothing of what stands: somebody ran `up` before the import, on tables that were there already.
 */
export async function knownStates(session: Session): Promise<ReadonlyMap<string, RolloutState>> {
  if (!(await hasJournal(session))) return new Map();
  const { rows } = await session.query<{ plan: string; state: RolloutState }>(
    `SELECT DISTINCT ON (plan) plan, state FROM segue.rollout r
      WHERE state <> 'reversed'
         OR EXISTS (SELECT FROM segue.step s WHERE s.rollout = r.id AND s.stage <> 'reverse' AND s.finished_at IS NOT NULL)
      ORDER BY plan, id DESC`,
  );
  return new Map(rows.map(({ plan, state }) => [plan, state] as const));
}
