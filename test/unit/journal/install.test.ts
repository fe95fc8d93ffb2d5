import { describe, expect, test } from "vitest";
import { installJournal, journalScript, journalVersion, requireJournal } from "../../../src/journal/install.ts";
import { JOURNAL_MIGRATIONS } from "../../../src/journal/schema.ts";
import { openSession } from "../../../src/postgres/session.ts";
import { MAJORS } from "../../support/postgres.ts";
import { bareDatabase, codeOf, journalDatabase } from "./journal-database.ts";

const NEWEST = JOURNAL_MIGRATIONS.length;
const TABLES = `SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'segue'::regnamespace AND c.relkind = 'r' ORDER BY 1`;

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a journal is installed from nothing, and installing it again changes nothing", async () => {
    const { database, session } = await bareDatabase({ major });
    expect(await journalVersion(session)).toBe(0);
    expect(await codeOf(requireJournal(session))).toBe("SEG0206");
    await installJournal(session);
    expect(await journalVersion(session)).toBe(NEWEST);
    await requireJournal(session);
    const before = await database.query("SELECT version, installed_at FROM segue.version");
    await installJournal(session);
    expect(await database.query("SELECT version, installed_at FROM segue.version")).toEqual(before);
  });

  test("the script for people who run it themselves makes the same", async () => {
    const [byScript, byTool] = [await bareDatabase({ major }), await journalDatabase({ major })];
    await byScript.database.query(journalScript());
    await requireJournal(byScript.session);
    await installJournal(byScript.session);
    expect(await byScript.database.query(TABLES)).toEqual(await byTool.database.query(TABLES));
  });
});

test("a journal of an earlier version gets the migrations that it lacks", async () => {
  const { database, session } = await bareDatabase();
  // Version 0: the table of versions stands, and nothing else.
  await database.query(
    "CREATE SCHEMA segue; CREATE TABLE segue.version (version integer PRIMARY KEY, installed_at timestamptz NOT NULL DEFAULT now())",
  );
  expect(await journalVersion(session)).toBe(0);
  await installJournal(session);
  expect(await journalVersion(session)).toBe(NEWEST);
  expect((await database.query(TABLES)).length).toBeGreaterThan(5);
});

describe("a migration that this version does not have yet", () => {
  const SECOND = `
CREATE FUNCTION segue.second() RETURNS int LANGUAGE plpgsql AS $segue$ BEGIN RETURN 2; END $segue$;
CREATE TABLE segue.later (id int);
INSERT INTO segue.later SELECT segue.second();`;
  const migrations = [...JOURNAL_MIGRATIONS, SECOND];
  const versions = "SELECT version FROM segue.version ORDER BY 1";

  test("brings a journal with rollouts in it to the next version, once", async () => {
    const { database, session, open, rollout } = await journalDatabase();
    const id = await rollout();
    expect(await codeOf(requireJournal(session, migrations))).toBe("SEG0205");
    await expect(requireJournal(session, migrations)).rejects.toThrow(
      `the journal is of version ${NEWEST}; this Segue needs version ${NEWEST + 1}`,
    );
    const sessions = await Promise.all(Array.from({ length: 3 }, () => open()));
    await Promise.all(sessions.map((one) => installJournal(one, migrations)));
    await requireJournal(session, migrations);
    expect(await database.query(versions)).toEqual(migrations.map((_, index) => ({ version: index + 1 })));
    expect(await database.query("SELECT id FROM segue.later")).toEqual([{ id: 2 }]);
    expect(await database.query("SELECT id FROM segue.rollout")).toEqual([{ id }]);
    expect(await codeOf(requireJournal(session))).toBe("SEG0205");
  });

  test("is run by the script for people, on a journal of the version before it and on none, and only once", async () => {
    const [old, none] = [await journalDatabase(), await bareDatabase()];
    for (const { database, session } of [old, none]) {
      await database.query(journalScript(migrations));
      await database.query(journalScript(migrations));
      await requireJournal(session, migrations);
      expect(await database.query(versions)).toEqual(migrations.map((_, index) => ({ version: index + 1 })));
      expect(await database.query("SELECT id FROM segue.later")).toEqual([{ id: 2 }]);
    }
    expect(await old.database.query(TABLES)).toEqual(await none.database.query(TABLES));
  });

  test("leaves the version before it where it fails", async () => {
    const { session } = await journalDatabase();
    const failing = [...JOURNAL_MIGRATIONS, "CREATE TABLE segue.later (id int); SELECT 1 / 0"];
    await expect(installJournal(session, failing)).rejects.toThrow("division by zero");
    expect(await journalVersion(session)).toBe(NEWEST);
    await requireJournal(session);
  });
});

test("a journal of a newer version is refused by every way in, and left as it is", async () => {
  const { database, session } = await journalDatabase();
  await database.query("INSERT INTO segue.version (version) VALUES ($1)", [NEWEST + 1]);
  expect(await codeOf(installJournal(session))).toBe("SEG0205");
  expect(await codeOf(requireJournal(session))).toBe("SEG0205");
  await expect(requireJournal(session)).rejects.toThrow(
    `the journal is of version ${NEWEST + 1}; this Segue knows versions up to ${NEWEST}`,
  );
  expect(await journalVersion(session)).toBe(NEWEST + 1);
});

test("processes that install at the same time take turns, and none fails", async () => {
  const { database, open } = await bareDatabase();
  const sessions = await Promise.all(Array.from({ length: 4 }, () => open()));
  await Promise.all(sessions.map((session) => installJournal(session)));
  expect(await database.query("SELECT version FROM segue.version ORDER BY 1")).toEqual(
    JOURNAL_MIGRATIONS.map((_, index) => ({ version: index + 1 })),
  );
});

test("an installation that is cut off leaves nothing", async () => {
  const { database, session, open } = await bareDatabase();
  const blocker = await open();
  await blocker.query("BEGIN");
  await blocker.query("CREATE SCHEMA segue");
  const installing = codeOf(installJournal(session));
  const deadline = performance.now() + 10_000;
  for (;;) {
    const [row] = await database.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM pg_locks WHERE pid = $1 AND NOT granted",
      [session.pid],
    );
    if (row?.n === 1) break;
    if (performance.now() > deadline) throw new Error("it does not wait");
  }
  await database.query("SELECT pg_terminate_backend($1)", [session.pid]);
  const ended = performance.now();
  expect(await installing).toBe("SEG0407");
  // Not tried again on a connection that is gone.
  expect(performance.now() - ended).toBeLessThan(20_000);
  await blocker.query("ROLLBACK");
  expect(await database.query("SELECT FROM pg_namespace WHERE nspname = 'segue'")).toEqual([]);
  await installJournal(await open());
});

test("a role that may not create a schema is told so", async () => {
  const { database } = await bareDatabase();
  const role = `${database.name}_poor`;
  await database.query(
    `CREATE ROLE ${role} LOGIN PASSWORD 'poor'; REVOKE ALL ON DATABASE ${database.name} FROM PUBLIC; GRANT CONNECT ON DATABASE ${database.name} TO ${role}`,
  );
  const url = new URL(database.url);
  url.username = role;
  url.password = "poor";
  const session = await openSession({ connectionString: url.href }, { applicationName: "test" });
  expect(await codeOf(installJournal(session))).toBe("SEG0207");
  await session.close();
  await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
});
