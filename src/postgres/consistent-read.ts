import type { Session } from "./session.ts";
import { transactionOpen } from "./transaction-open.ts";

/** Only the server's own names are visible, so every other one is deparsed with its schema. */
export const CATALOG_ONLY = "pg_catalog, pg_temp";

/**
 * Reads the catalog as of one moment, with `search_path` pinned so that types, expressions and definitions are
 * written the same whatever the session's path is. Joins a transaction that is open, and gives it its path back;
 * else opens a read-only one.
 *
 * In an open transaction the moment is as one as its isolation level makes it.
 */
export async function consistentRead<T>(session: Session, work: () => Promise<T>): Promise<T> {
  if (await transactionOpen(session)) return joined(session, work);
  return session.transaction(async () => {
    await setPath(session, CATALOG_ONLY);
    return work();
  }, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
}

async function joined<T>(session: Session, work: () => Promise<T>): Promise<T> {
  const { rows } = await session.query<{ path: string }>("SELECT current_setting('search_path') AS path");
  await setPath(session, CATALOG_ONLY);
  // After a failure the transaction can only roll back, which takes the path back as well.
  const result = await work();
  await setPath(session, rows[0]?.path ?? "");
  return result;
}

/** Until the end of the transaction, or the rollback to a savepoint. */
export async function setPath(session: Session, path: string): Promise<void> {
  await session.query("SELECT set_config('search_path', $1, true)", [path]);
}
