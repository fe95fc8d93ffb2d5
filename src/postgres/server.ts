import { SegueError } from "../model/errors.ts";
import type { Session } from "./session.ts";
import { SQLSTATE, sqlstateOf } from "./sqlstate.ts";

/** The oldest major version that is supported. */
const OLDEST_MAJOR = 14;

export interface Server {
  readonly major: number;
  /** `18.1 (Debian 18.1-1)`. */
  readonly version: string;
  /** True for a standby. */
  readonly inRecovery: boolean;
  readonly superuser: boolean;
  /** Whether this role may keep the application's triggers from firing. */
  readonly canSetReplicationRole: boolean;
  /** Milliseconds. */
  readonly deadlockTimeout: number;
  readonly maxConnections: number;
  readonly currentUser: string;
  readonly database: string;
}

/**
 * Reads what Segue has to know of a server.
 *
 * @throws SegueError SEG0204 for a major version below 14
 */
export async function readServer(session: Session): Promise<Server> {
  const { rows } = await session.query<Omit<Server, "canSetReplicationRole">>(SERVER);
  const [server] = rows;
  if (server === undefined) throw new TypeError("the server did not describe itself");
  requireSupported(server);
  return { ...server, canSetReplicationRole: await canSetReplicationRole(session) };
}

/**
 * @throws SegueError SEG0204 for a major version below 14
 */
export function requireSupported({ major, version }: Pick<Server, "major" | "version">): void {
  if (major >= OLDEST_MAJOR) return;
  throw new SegueError("SEG0204", {
    message: `The server is PostgreSQL ${version}; Segue needs ${OLDEST_MAJOR} or newer`,
    detail: { major },
  });
}

/**
 * @throws SegueError SEG0203 for a standby
 */
export function requirePrimary(server: Server): void {
  if (!server.inRecovery) return;
  throw new SegueError("SEG0203", {
    message: `The server of database "${server.database}" is a standby (pg_is_in_recovery() is true): it takes no writes`,
    next: "Give the primary's address in --url or SEGUE_DATABASE_URL",
  });
}

const SERVER = `
SELECT current_setting('server_version_num')::int / 10000 AS major,
       current_setting('server_version') AS version,
       pg_is_in_recovery() AS "inRecovery",
       r.rolsuper AS superuser,
       (SELECT setting::int FROM pg_settings WHERE name = 'deadlock_timeout') AS "deadlockTimeout",
       current_setting('max_connections')::int AS "maxConnections",
       current_user::text AS "currentUser",
       current_database()::text AS database
  FROM pg_roles AS r
 WHERE r.rolname = current_user`;

/** Asked by trying: clouds let roles set it that are no superuser and hold no grant of it. The value stays as it is. */
export async function canSetReplicationRole(session: Session): Promise<boolean> {
  try {
    await session.query(
      "SELECT set_config('session_replication_role', current_setting('session_replication_role'), true)",
    );
    return true;
  } catch (error) {
    if (sqlstateOf(error) === SQLSTATE.insufficientPrivilege) return false;
    throw error;
  }
}
