/**
 * What every session of Segue pins, whatever the server, the database or the role set. A caller's own settings go on
 * top. Left as the role and database have them, because expressions of a plan must mean in a backfill what they
 * mean in the application: TimeZone, IntervalStyle, the order of DateStyle, lc_*, and where new objects go.
 */
export const SESSION_SETTINGS: Readonly<Record<string, string>> = {
  // All SQL of ours is qualified; and what pg_get_expr() and its like print is then qualified too.
  search_path: "pg_catalog, pg_temp",
  // Only the output; drivers of applications set the same, and a DMY order stays.
  DateStyle: "ISO",
  // The SQL of plans is parsed as standard-conforming, so it must be run so.
  standard_conforming_strings: "on",
  quote_all_identifiers: "off",
  // The fence and the batches rely on each statement having its own snapshot.
  default_transaction_isolation: "read committed",
  // A policy that would hide rows from a fill or a verification raises an error instead of hiding them.
  row_security: "off",
  // Catalog queries are estimated far too high, and compiling one costs more than it.
  jit: "off",
  // A validation takes as long as it takes; a hung client is cut off below.
  statement_timeout: "0",
  transaction_timeout: "0",
  // Every wait for a lock ends. Steps set their own: shorter for strong locks, longer for concurrent builds.
  lock_timeout: "10s",
  // A runner that hangs or is stopped must not hold its locks for longer than this.
  idle_in_transaction_session_timeout: "30s",
  // A role's default here would end the session that holds the advisory lock.
  idle_session_timeout: "0",
  // A host that vanishes without a FIN loses its locks after 25 to 30 seconds, not after two hours.
  tcp_keepalives_idle: "10",
  tcp_keepalives_interval: "5",
  tcp_keepalives_count: "3",
  tcp_user_timeout: "30s",
};

/**
 * A statement whose client is gone is aborted within this time; without it, it runs to its end and commits. Servers
 * on Windows, and PostgreSQL 14 off Linux, can't, and refuse any value but 0.
 */
export const CLIENT_CHECK = { name: "client_connection_check_interval", value: "1s" } as const;
