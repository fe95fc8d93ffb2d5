import { onTestFinished } from "vitest";
import { installJournal } from "../../../src/journal/install.ts";
import { openSession, type Session } from "../../../src/postgres/session.ts";
import { testDatabase, type TestDatabase, type TestDatabaseOptions } from "../../support/postgres.ts";

export interface JournalDatabase {
  readonly database: TestDatabase;
  readonly session: Session;
  /** One more session, closed with the test. */
  readonly open: (name?: string) => Promise<Session>;
  /** A rollout of a plan in a state; returns its id. */
  readonly rollout: (plan?: string, state?: string) => Promise<string>;
}

/** A database with the journal. */
export async function journalDatabase(options: TestDatabaseOptions = {}): Promise<JournalDatabase> {
  const found = await bareDatabase(options);
  await installJournal(found.session);
  return found;
}

/** A database without one. */
export async function bareDatabase(options: TestDatabaseOptions = {}): Promise<JournalDatabase> {
  const database = await testDatabase(options);
  const open = async (name = "test"): Promise<Session> => {
    const session = await openSession({ connectionString: database.url }, { applicationName: name });
    onTestFinished(() => session.close());
    return session;
  };
  return {
    database,
    session: await open(),
    open,
    rollout: async (plan = "1_a", state = "planned") => {
      const [row] = await database.query<{ id: string }>(
        `INSERT INTO segue.rollout (plan, plan_hash, plan_content, program, touches, state, actor, tool_version)
         VALUES ($1, 'hash', '{"a": 1}', '{"format": 1}', '[]', $2, 'ada', '0.1.0') RETURNING id`,
        [plan, state],
      );
      return row?.id ?? "";
    },
  };
}

/** The code of the error that a call ends with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => "none",
    (error: { code?: string }) => error.code ?? JSON.stringify(error),
  );
}
