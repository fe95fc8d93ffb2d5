import type { Session } from "./session.ts";

/** A server process that another one waits for. Its query and state are null where the role may not read them. */
export interface Blocker {
  /** 0 for a prepared transaction, which has no process. */
  readonly pid: number;
  readonly user: string | null;
  readonly application: string | null;
  /** pg_stat_activity.state: `active`, `idle in transaction` … */
  readonly state: string | null;
  readonly kind: "client" | "autovacuum" | "prepared transaction" | "other";
  /** An autovacuum against wraparound does not give way, whoever waits. False if its query can't be read. */
  readonly againstWraparound: boolean;
  /** Milliseconds since its transaction began, by the server's clock. */
  readonly transactionAge: number | null;
  /** When its last or running query began. */
  readonly queryStart: Date | null;
  readonly query: string | null;
}

/**
 * Who holds, or stands in the queue before, the lock that `pid` waits for; empty if it does not wait. Each reading
 * stops the lock manager for an instant: not more often than some ten times a second.
 */
export async function readBlockers(observer: Session, pid: number): Promise<readonly Blocker[]> {
  return (await observer.query<Blocker>(BLOCKERS, [pid])).rows;
}

// Without pg_read_all_stats a role does not see that a process is an autovacuum worker, but it does see that it is
// connected to a database under no role, which nothing else is that takes a table's lock.
const BLOCKERS = `
SELECT b.pid, a.usename::text AS "user", a.application_name AS application, a.state,
       CASE WHEN b.pid = 0 THEN 'prepared transaction'
            WHEN a.backend_type = 'autovacuum worker' THEN 'autovacuum'
            WHEN a.backend_type = 'client backend' THEN 'client'
            WHEN a.backend_type IS NULL AND a.usesysid IS NOT NULL THEN 'client'
            WHEN a.backend_type IS NULL AND a.datid IS NOT NULL THEN 'autovacuum'
            ELSE 'other' END AS kind,
       coalesce(a.query LIKE 'autovacuum: %(to prevent wraparound)', false) AS "againstWraparound",
       (extract(epoch FROM clock_timestamp() - a.xact_start) * 1000)::float8 AS "transactionAge",
       a.query_start AS "queryStart",
       CASE WHEN a.state IS NOT NULL OR a.backend_type IS NOT NULL THEN left(a.query, 500) END AS query
  FROM (SELECT DISTINCT unnest(pg_blocking_pids($1)) AS pid) AS b
  LEFT JOIN pg_stat_activity AS a ON a.pid = b.pid
 ORDER BY b.pid`;

/** `pid 4711 (web, "shop", idle in transaction for 3 min): UPDATE …`. */
export function describeBlocker(blocker: Blocker): string {
  if (blocker.kind === "prepared transaction") return "a prepared transaction (see pg_prepared_xacts)";
  const age = blocker.transactionAge === null ? "" : ` for ${describeAge(blocker.transactionAge)}`;
  const facts = [
    blocker.user,
    blocker.application === null || blocker.application === "" ? null : JSON.stringify(blocker.application),
    blocker.kind === "autovacuum" ? `autovacuum${age}` : `${blocker.state ?? "in a transaction"}${age}`,
  ];
  const query = blocker.query === null ? "" : `: ${blocker.query.replaceAll(/\s+/g, " ").slice(0, 200)}`;
  return `pid ${blocker.pid} (${facts.filter((fact) => fact !== null).join(", ")})${query}`;
}

function describeAge(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
