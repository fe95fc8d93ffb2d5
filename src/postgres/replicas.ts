import type { Session } from "./session.ts";

/** How far a directly connected standby or subscriber is behind. null: it can't be read, which is not zero. */
export interface ReplicaLag {
  /** Its application_name, with its address where it has one. */
  readonly name: string;
  /** Milliseconds until what is written now can be read there; 0 if it has all of it. */
  readonly lagMs: number | null;
  /** Bytes of WAL that it has not replayed (for a receiver that replays nothing: not flushed). */
  readonly lagBytes: number | null;
}

/**
 * Reads the lag of every replica. Without pg_monitor (or pg_read_all_stats) the server shows that a replica is there
 * but not how far it is: both numbers are null then, and a caller that watches the lag has to stop. The
 * milliseconds alone are null for a replica that catches up and has reported none yet.
 */
export async function replicaLag(session: Session): Promise<readonly ReplicaLag[]> {
  return (await session.query<ReplicaLag>(REPLICA_LAG)).rows;
}

/** The query of replicaLag(), to be part of another one. */
export const REPLICA_LAG = `
-- A standby may have replicas of its own, and the state is read there too.
-- An idle replica that has everything reports no replay_lag. A base backup has no lag.
SELECT application_name || coalesce('@' || host(client_addr), '') AS name,
       CASE WHEN bytes <= 0 THEN 0
            ELSE extract(epoch FROM coalesce(replay_lag, CASE WHEN replay_lsn IS NULL THEN flush_lag END)) * 1000
       END::float8 AS "lagMs",
       CASE WHEN bytes <= 0 THEN 0 ELSE bytes END::float8 AS "lagBytes"
  FROM (SELECT *, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, coalesce(replay_lsn, flush_lsn)) AS bytes
          FROM pg_stat_replication
         WHERE state IS DISTINCT FROM 'backup') AS replica
 ORDER BY name`;
