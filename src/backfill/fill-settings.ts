import { SegueError } from "../model/errors.ts";
import type { RelationName } from "../model/relation.ts";
import type { Session } from "../postgres/session.ts";
import { SQLSTATE, sqlstateOf } from "../postgres/sqlstate.ts";
import { ident } from "../sql/identifier.ts";

/** Milliseconds that a batch waits for one lock, and that one statement of it may take. */
interface BatchLimits {
  readonly lockTimeout: number;
  readonly statementTimeout: number;
}

const LONGEST_LOCK_WAIT_MS = 50;

/**
 * A batch that has ended before deadlock_timeout can't be found in a deadlock by anyone who came to wait for it: so
 * the application never loses one to a fill. The lock waits are far shorter still: whoever waits for the batch waits
 * that much longer.
 */
export function batchLimits(deadlockTimeout: number): BatchLimits {
  return {
    lockTimeout: Math.max(1, Math.min(LONGEST_LOCK_WAIT_MS, Math.floor(deadlockTimeout / 4))),
    statementTimeout: Math.max(1, Math.floor(deadlockTimeout / 2)),
  };
}

/** The path on which expressions of a plan are evaluated: the one that the sync function of the table pins. */
export function expressionPath(table: RelationName): string {
  return ["pg_catalog", ...new Set([ident(table.schema), "public"]), "pg_temp"].join(", ");
}

/**
 * No batch waits for the disk: a crash of the server loses the last of them whole, cursors and marks of extents included, and whoever
 * goes on reads these. The transaction that marks the step done waits, for itself and for all before it.
 */
const UNHURRIED = { synchronous_commit: "off" } as const;

/** The way by which a batch finds its rows, whatever the database or the role has turned off for its own queries. */
const SCANS = { enable_tidscan: "on" } as const;

/** What the triggers of rollouts look at that an earlier version of Segue began. */
const EARLIER = { "segue.fill": "on" } as const;

/**
 * What a fill's session is set to. Its plan's sync steps aside where `segue.filling` names the plan; for that of another plan in flight
 * the fill is a write like any other.
 */
export function fillSettings(plan: string, table: RelationName, { lockTimeout }: BatchLimits): Record<string, string> {
  return { ...readSettings(table, lockTimeout), ...UNHURRIED, ...SCANS, "segue.filling": plan, ...EARLIER };
}

/**
 * What the session is set to that changes the rows of a list. Its writes are like the application's: syncs see them. Each
 * entry finds its row by the key: statistics of a list that was just made must not lead to a scan of the whole table.
 */
export function rowsSettings(table: RelationName, { lockTimeout }: BatchLimits): Record<string, string> {
  return { ...readSettings(table, lockTimeout), ...UNHURRIED, enable_hashjoin: "off", enable_mergejoin: "off" };
}

/** What a verification's session is set to. Batches set their statement timeout themselves. */
export function readSettings(table: RelationName, lockTimeout: number): Record<string, string> {
  return {
    search_path: expressionPath(table),
    lock_timeout: `${lockTimeout}ms`,
    statement_timeout: "0",
    // One window at a time, one process: what it takes from the application stays small.
    max_parallel_workers_per_gather: "0",
  };
}

/** Runs `work` with the session set otherwise, and sets it back. A session that was lost needs no setting back. */
export async function withSettings<T>(
  session: Session,
  settings: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  const names = Object.keys(settings);
  const { rows } = await session.query<{ name: string; value: string }>(
    "SELECT name, coalesce(current_setting(name, true), '') AS value FROM unnest($1::text[]) AS name",
    [names],
  );
  await applySettings(session, settings);
  try {
    return await work();
  } finally {
    if (!session.closed) await applySettings(session, Object.fromEntries(rows.map(({ name, value }) => [name, value])));
  }
}

/**
 * The setting that keeps the application's triggers from firing. It keeps foreign keys from being checked as well.
 */
export const SKIP_USER_TRIGGERS = { session_replication_role: "replica" } as const;

/** Sets a session for the rest of its life. */
export async function applySettings(session: Session, settings: Readonly<Record<string, string>>): Promise<void> {
  try {
    await session.query(
      "SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS setting (name, value)",
      [Object.keys(settings), Object.values(settings)],
    );
  } catch (error) {
    if (sqlstateOf(error) !== SQLSTATE.insufficientPrivilege) throw error;
    throw new SegueError("SEG0207", {
      message: "This role may not set session_replication_role, which `user_triggers: skip` needs",
      next: "GRANT SET ON PARAMETER session_replication_role TO the role (15+; before: a superuser), or set user_triggers: fire",
      cause: error,
    });
  }
}
