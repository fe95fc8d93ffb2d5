import type { Session } from "./session.ts";
import { SQLSTATE, sqlstateOf } from "./sqlstate.ts";
import { transactionOpen } from "./transaction-open.ts";

/** Only the server's own names are visible, so every other one is deparsed with its schema. */
export const CATALOG_ONLY = "pg_catalog, pg_temp";

/** How often a catalog is read before DDL of others that comes between is an error. */
const ATTEMPTS = 5;

/**
 * Reads the catalog as of one moment, with `search_path` pinned so that types, expressions and definitions are
 * written the same whatever the session's path is. Joins a transaction that is open, and gives it its path back;
 * else opens a read-only one.
 *
 * In an open transaction the moment is as one as its isolation level makes it. What others drop meanwhile may make the
 * server's own functions fail: then `work` is run again.
 */
export async function consistentRead<T>(session: Session, work: () => Promise<T>): Promise<T> {
  if (await transactionOpen(session)) return joined(session, work);
  return again(() =>
    session.transaction(async () => {
      await setPath(session, CATALOG_ONLY);
      return work();
    }, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
  );
}

async function again<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      if (attempt === ATTEMPTS || !isDropped(error)) throw error;
    }
  }
}

/** True if a row that a snapshot still sees is about something that the server's caches no longer know. */
function isDropped(error: unknown): boolean {
  if (sqlstateOf(error) !== SQLSTATE.internalError) return false;
  const { message } = error as Error;
  return message.startsWith("cache lookup failed") || message.startsWith("could not open relation with OID");
}

async function joined<T>(session: Session, work: () => Promise<T>): Promise<T> {
  const { rows } = await session.query<{ path: string }>("SELECT current_setting('search_path') AS path");
  const result = await again(async () => {
    await session.query("SAVEPOINT segue_read");
    try {
      await setPath(session, CATALOG_ONLY);
      return await work();
    } catch (error) {
      if (!session.closed) await session.query("ROLLBACK TO SAVEPOINT segue_read");
      throw error;
    }
  });
  await session.query("RELEASE SAVEPOINT segue_read");
  await setPath(session, rows[0]?.path ?? "");
  return result;
}

/** Until the end of the transaction, or the rollback to a savepoint. */
export async function setPath(session: Session, path: string): Promise<void> {
  await session.query("SELECT set_config('search_path', $1, true)", [path]);
}
