import type { Session } from "./session.ts";

/** "SEGU": the class of all advisory locks of Segue, next to which an application's own can't collide by chance. */
const ADVISORY_LOCK_CLASS = 0x53454755;

// Rollouts beyond the 2^31st would share a lock with an early one: at worst they refuse to run at the same time.
const KEY = `$1::int, ($2::bigint % 2147483647)::int`;

/**
 * Takes the rollout's lock for as long as the session lives, if nobody has it. Never waits: a blocked waiter's
 * snapshot would hold up every concurrent index build in the database. Taking it twice in one session
 * succeeds, and needs two releases.
 */
export async function tryRolloutLock(session: Session, rolloutId: string): Promise<boolean> {
  const { rows } = await session.query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${KEY}) AS taken`, [
    ADVISORY_LOCK_CLASS,
    rolloutId,
  ]);
  return rows[0]?.taken === true;
}

/** Gives the lock back; false if this session did not have it. Closing the session does the same. */
export async function releaseRolloutLock(session: Session, rolloutId: string): Promise<boolean> {
  const { rows } = await session.query<{ released: boolean }>(`SELECT pg_advisory_unlock(${KEY}) AS released`, [
    ADVISORY_LOCK_CLASS,
    rolloutId,
  ]);
  return rows[0]?.released === true;
}

/** Who has the rollout's lock. */
export async function rolloutLockHolder(
  session: Session,
  rolloutId: string,
): Promise<{ readonly pid: number; readonly application: string | null } | null> {
  const { rows } = await session.query<{ pid: number; application: string | null }>(HOLDER, [
    ADVISORY_LOCK_CLASS,
    rolloutId,
  ]);
  return rows[0] ?? null;
}

// objsubid 2 marks the locks of two int4 keys; pg_locks shows the keys as oid, that is unsigned.
const HOLDER = `
SELECT l.pid, a.application_name AS application
  FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND l.classid = $1::bigint::oid AND l.objid = ($2::bigint % 2147483647)::oid`;
