import { describe, expect, test } from "vitest";
import { requireDroppable } from "../../../src/execution/drop-guard.ts";
import type { Runner } from "../../../src/execution/runner.ts";
import { acquireLease, renewLease } from "../../../src/journal/lease.ts";
import type { SegueError } from "../../../src/model/errors.ts";
import type { Hide } from "../../../src/model/program.ts";
import type { Session } from "../../../src/postgres/session.ts";
import { hiddenName } from "../../../src/steps/contract-entries.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../../support/postgres.ts";
import { journalDatabase } from "../journal/journal-database.ts";
import { withSession } from "../postgres/with-session.ts";

const inPublic = (name: string) => ({ schema: "public", name });
const inHidden = (name: string) => ({ schema: "segue_hidden", name });

/** A heartbeat may write on the observer at any moment, so the guard must not open a transaction on it. */
const observer = new Proxy({} as Session, {
  get: (_, property) => {
    throw new Error(`the observer was asked for ${String(property)}`);
  },
});

async function found(database: TestDatabase, ...hides: readonly Hide[]): Promise<readonly string[]> {
  return await withSession(database, async (session) => {
    try {
      await requireDroppable({ session, observer, plan: "1_test", program: { hides } } as unknown as Runner);
      return [];
    } catch (error) {
      if ((error as SegueError).code !== "SEG0303") throw error;
      return (error as SegueError).problems.map(({ message }) => message);
    }
  });
}

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("what reads a hidden column is found by the name that it is hidden under", async () => {
    const hidden = hiddenName(inPublic("users"), "fax", "1_test");
    const database = await testDatabase({
      major,
      script: `CREATE TABLE users (id int, ${hidden} text); CREATE VIEW ids AS SELECT id FROM users`,
    });
    const hide = { table: inPublic("users"), column: "fax" };
    expect(await found(database, hide)).toEqual([]);
    await database.query(`CREATE VIEW faxes AS SELECT ${hidden} FROM users`);
    expect(await found(database, hide)).toEqual([
      `view public.faxes reads public.users.fax, which is hidden as ${hidden}`,
    ]);
  });

  test("what needs a hidden table is found where it is hidden, unless it goes as well", async () => {
    const database = await testDatabase({
      major,
      script: `CREATE SCHEMA segue_hidden; CREATE TABLE segue_hidden.a (id int PRIMARY KEY);
        CREATE TABLE segue_hidden.b (a int REFERENCES segue_hidden.a); CREATE PUBLICATION p FOR TABLE segue_hidden.a;
        CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM segue_hidden.a'`,
    });
    const hide = (name: string): Hide => ({
      table: inPublic(name),
      column: null,
      whole: { becomes: "moved", to: inHidden(name) },
    });
    expect(await found(database, hide("a"))).toEqual([
      "foreign key b_a_fkey on segue_hidden.b needs public.a, which is hidden as segue_hidden.a",
    ]);
    expect(await found(database, hide("b"), hide("a"))).toEqual([]);
    await database.query("CREATE VIEW v AS SELECT * FROM segue_hidden.b");
    expect(await found(database, hide("b"), hide("a"))).toEqual([
      "view public.v needs public.b, which is hidden as segue_hidden.b",
    ]);
  });

  test("what was made over the view under a table's old name is found", async () => {
    const database = await testDatabase({
      major,
      script: `CREATE TABLE accounts (id int); CREATE VIEW users AS SELECT * FROM accounts; CREATE VIEW ids AS SELECT id FROM accounts;
        CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM users'`,
    });
    const hide: Hide = {
      table: inPublic("users"),
      column: null,
      whole: { becomes: "renamed", to: inPublic("accounts") },
    };
    expect(await found(database, hide)).toEqual([]);
    await database.query("CREATE MATERIALIZED VIEW kept AS SELECT * FROM users");
    expect(await found(database, hide)).toEqual(["materialized view public.kept needs the view public.users"]);
  });
});

test("a heartbeat that comes while the drop's dependents are read is no part of that reading", async () => {
  const { database, session, open, rollout } = await journalDatabase();
  await database.query("CREATE TABLE users (id int, name text)");
  const id = await rollout("1_a", "soaking");
  const observer = await open("observer");
  const { epoch } = await acquireLease(observer, id, { plan: "1_a", owner: "here", force: false, epoch: null });
  const hides = [{ table: { schema: "public", name: "users" }, column: "name" }];
  const read = new AbortController();
  const runner = { session, observer, plan: "1_a", program: { hides } } as unknown as Runner;
  const guard = requireDroppable(runner).finally(() => read.abort());
  while (!read.signal.aborted) expect(await renewLease(observer, id, epoch)).toBe(true);
  await guard;
});
