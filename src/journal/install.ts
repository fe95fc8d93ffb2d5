import { SegueError } from "../model/errors.ts";
import type { Session } from "../postgres/session.ts";
import { SQLSTATE, sqlstateOf } from "../postgres/sqlstate.ts";
import { type RetryKind, retrying } from "../postgres/retry.ts";
import { dollarQuote } from "../sql/literal.ts";
import { JOURNAL_MIGRATIONS } from "./schema.ts";

/** The key of the advisory lock under which the journal is installed: the bytes of "segue". */
const INSTALL_LOCK = "495873389925";

/**
 * The SQL that installs the journal, or runs the migrations that it lacks, for people who run it themselves. It may be run
 * again.
 */
export function journalScript(migrations = JOURNAL_MIGRATIONS): string {
  const blocks = migrations.map((sql, index) => {
    const version = index + 1;
    const body = `BEGIN
  IF EXISTS (SELECT FROM segue.version WHERE version >= ${version}) THEN RETURN; END IF;
  EXECUTE ${dollarQuote(`\n${sql.trim()}\n`)};
  ${record(version)};
END`;
    return `DO ${dollarQuote(body)};`;
  });
  return ["BEGIN;", `${BOOTSTRAP};`, ...blocks, "COMMIT;"].join("\n\n");
}

const BOOTSTRAP = `CREATE SCHEMA IF NOT EXISTS segue;
CREATE TABLE IF NOT EXISTS segue.version (
  version integer PRIMARY KEY,
  installed_at timestamptz NOT NULL DEFAULT clock_timestamp()
)`;

/** Raised by the server, so that it is tried again like any lock that is not available. */
const TRY_LOCK = `DO $$ BEGIN
  IF NOT pg_try_advisory_xact_lock(${INSTALL_LOCK}) THEN
    RAISE EXCEPTION USING ERRCODE = '${SQLSTATE.lockNotAvailable}', MESSAGE = 'another process is installing the journal';
  END IF;
END $$`;

const record = (version: number): string => `INSERT INTO segue.version (version) VALUES (${version})`;

/** The journal's version, 0 if it is not there. */
export async function journalVersion(session: Session): Promise<number> {
  const { rows } = await session.query<{ present: boolean }>(
    `SELECT to_regclass('segue.version') IS NOT NULL AS present`,
  );
  if (rows[0]?.present !== true) return 0;
  const found = await session.query<{ version: number }>(
    `SELECT coalesce(max(version), 0)::int AS version FROM segue.version`,
  );
  return found.rows[0]?.version ?? 0;
}

/**
 * Installs the journal, or opens one that an older version wrote by running the migrations that it lacks. Two that start
 * together take turns.
 *
 * @throws SegueError SEG0205 if a newer Segue wrote it, SEG0207 without the privilege to create a schema
 */
export async function installJournal(session: Session, migrations = JOURNAL_MIGRATIONS): Promise<void> {
  if ((await requireKnown(session, migrations)) === migrations.length) return;
  try {
    // A lost connection is the caller's to make again: this session has none any more.
    await retrying(() => migrate(session, migrations), { kinds: PASSING, budgetMs: 30_000 });
  } catch (error) {
    if (sqlstateOf(error) !== SQLSTATE.insufficientPrivilege) throw error;
    throw new SegueError("SEG0207", {
      message: "the role may not create the journal, schema segue, in this database",
      object: "segue",
      left: "Nothing changed.",
      next: "have an owner run the output of `segue init --print-sql`, or GRANT CREATE ON DATABASE … TO the role",
      cause: error,
    });
  }
}

const PASSING: readonly RetryKind[] = ["lock timeout", "deadlock", "serialization"];

/** @throws SegueError SEG0205 if a newer Segue wrote the journal */
async function requireKnown(session: Session, migrations: readonly string[]): Promise<number> {
  const version = await journalVersion(session);
  if (version <= migrations.length) return version;
  throw new SegueError("SEG0205", {
    message: `the journal is of version ${version}; this Segue knows versions up to ${migrations.length}`,
    object: "segue.version",
    next: "use the newer pg-segue that wrote it",
  });
}

/**
 * True if there is a journal that this Segue can read.
 *
 * @throws SegueError SEG0205 if it is of another version
 */
export async function hasJournal(session: Session, migrations = JOURNAL_MIGRATIONS): Promise<boolean> {
  const version = await requireKnown(session, migrations);
  if (version === 0 || version === migrations.length) return version > 0;
  throw new SegueError("SEG0205", {
    message: `the journal is of version ${version}; this Segue needs version ${migrations.length}`,
    object: "segue.version",
    next: "segue init brings it up to date",
  });
}

/** @throws SegueError SEG0206 if there is no journal, SEG0205 if it is of another version */
export async function requireJournal(session: Session, migrations = JOURNAL_MIGRATIONS): Promise<void> {
  if (await hasJournal(session, migrations)) return;
  throw new SegueError("SEG0206", { message: "this database has no journal (schema segue)", next: "segue init" });
}

async function migrate(session: Session, migrations: readonly string[]): Promise<void> {
  await session.transaction(async () => {
    // The transaction form, and only tried for: a blocked waiter would hold a snapshot that index builds wait for.
    await session.query(TRY_LOCK);
    await session.script(BOOTSTRAP);
    const from = await requireKnown(session, migrations);
    for (const [index, sql] of migrations.entries()) {
      if (index < from) continue;
      await session.script(sql);
      await session.query(record(index + 1));
    }
  });
}
