import type { Session } from "../postgres/session.ts";

/**
 * How many sessions wait for a lock that a backend holds, or that it queues for before them. Only sessions that wait
 * are asked for their blockers: pg_blocking_pids() stops the lock manager for a moment.
 */
export async function waitersOn(observer: Session, pid: number): Promise<number> {
  const { rows } = await observer.query<{ waiters: number }>(
    `SELECT count(*)::int AS waiters FROM pg_stat_activity
      WHERE wait_event_type = 'Lock' AND pid <> $1 AND $1 = ANY (pg_blocking_pids(pid))`,
    [pid],
  );
  return rows[0]?.waiters ?? 0;
}
