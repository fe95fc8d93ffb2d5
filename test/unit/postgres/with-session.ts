import { openSession, type Session } from "../../../src/postgres/session.ts";
import type { TestDatabase } from "../../support/postgres.ts";

/** Runs `work` on a session of Segue's own, closed afterwards. */
export async function withSession<T>(database: TestDatabase, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession({ connectionString: database.url }, { applicationName: "test" });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
