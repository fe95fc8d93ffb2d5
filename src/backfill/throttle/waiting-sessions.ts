import type { Thresholds } from "../../model/settings.ts";
import type { Session } from "../../postgres/session.ts";
import { judgeValue } from "./judge-value.ts";
import { plain } from "./amounts.ts";
import type { Verdict } from "./signal.ts";

/** How many sessions were seen waiting for batches of ours lately. */
export function judgeWaiting(waiting: number, thresholds: Thresholds, standing: boolean): Verdict {
  return judgeValue(waiting, thresholds, standing, {
    subject: "sessions that waited for a batch:",
    format: plain,
    resumeShare: 0.9,
  });
}

/**
 * How many sessions wait for a lock that one of the backends holds, or that it queues for before them. Only sessions that
 * wait are asked for their blockers: pg_blocking_pids() stops the lock manager for a moment. Any role may read it: one that
 * does not see what sessions wait for finds those that do in the list of locks, which costs more.
 */
export async function waitersOn(observer: Session, pids: readonly number[]): Promise<number> {
  const { rows } = await observer.query<{ waiters: number }>(SQL, [pids]);
  return rows[0]?.waiters ?? 0;
}

const SQL = `
SELECT count(*)::int AS waiters
  FROM (SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pg_has_role('pg_read_all_stats', 'USAGE')
        UNION
        SELECT pid FROM pg_locks WHERE NOT granted AND NOT pg_has_role('pg_read_all_stats', 'USAGE')) AS waiting
 WHERE pid <> ALL ($1::int[]) AND pg_blocking_pids(pid) && $1::int[]`;
