import { describe, expect, test } from "vitest";
import { diffSnapshots } from "../../../src/postgres/snapshot-diff.ts";
import { type Snapshot, snapshotCatalog } from "../../../src/postgres/snapshot.ts";
import { pagilaScript } from "../../support/pagila.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../../support/postgres.ts";
import { withSession } from "./with-session.ts";

const BASE = `
  CREATE SCHEMA "Od""d";
  CREATE SCHEMA segue;
  CREATE SCHEMA segue_hidden;
  CREATE FUNCTION segue.sync() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE FUNCTION plus(a integer, b integer DEFAULT 1) RETURNS integer LANGUAGE sql AS 'SELECT a + b';
  CREATE AGGREGATE total (integer) (sfunc = int4pl, stype = integer);
  CREATE TYPE mood AS ENUM ('ok', 'sad');
  CREATE TYPE pair AS (a integer, b text);
  CREATE DOMAIN positive AS integer CONSTRAINT above CHECK (VALUE > 0);
  CREATE SEQUENCE counter;
  CREATE TABLE users (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, username text, "Mail ""x" text UNIQUE, m mood DEFAULT 'ok',
    low text GENERATED ALWAYS AS (lower(username)) STORED, born date, n positive);
  CREATE TABLE other (id integer REFERENCES users, a integer, b integer, c text);
  CREATE INDEX by_name ON users (username);
  CREATE STATISTICS st ON a, b FROM other;
  CREATE TRIGGER tr BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION f();
  CREATE VIEW names AS SELECT id, username FROM users;
  CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM users;
  CREATE POLICY mine ON users USING (username = current_user);
  CREATE RULE quiet AS ON DELETE TO other DO INSTEAD NOTHING;
  CREATE TABLE parts (k integer) PARTITION BY RANGE (k);
  CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
  CREATE PUBLICATION pub FOR TABLE users;`;

const snapshotOf = (database: TestDatabase, schemas?: string[]): Promise<Snapshot> =>
  withSession(database, (session) => snapshotCatalog(session, schemas === undefined ? {} : { schemas }));

/** As the journal keeps it: jsonb has an order of keys of its own. */
async function throughJsonb(database: TestDatabase, snapshot: Snapshot): Promise<Snapshot> {
  const [row] = await database.query<{ kept: Snapshot }>("SELECT $1::jsonb AS kept", [JSON.stringify(snapshot)]);
  return row!.kept;
}

const CHANGES: readonly (readonly [change: string, ...differences: string[]])[] = [
  ["ALTER TABLE users ADD handle text", "table public.users: column handle added"],
  ["ALTER TABLE users DROP born", "table public.users: column born removed"],
  [
    "ALTER TABLE users DROP born; ALTER TABLE users ADD born date",
    'table public.users: column order changed from id, username, Mail "x, m, low, born, n to id, username, Mail "x, m, low, n, born',
  ],
  ["ALTER TABLE other ALTER a TYPE bigint", "table public.other: column a: type changed from integer to bigint"],
  [
    "ALTER TABLE users ALTER m SET DEFAULT 'sad'",
    "table public.users: column m: default changed from 'ok'::public.mood to 'sad'::public.mood",
  ],
  ["ALTER TABLE users ALTER m DROP DEFAULT", "table public.users: column m: default removed: 'ok'::public.mood"],
  [
    "ALTER TABLE users ALTER id DROP IDENTITY",
    "sequence public.users_id_seq removed",
    "table public.users: column id: identity removed: always",
  ],
  [
    "ALTER TABLE users ALTER low DROP EXPRESSION",
    "table public.users: column low: generated removed: stored lower(username)",
  ],
  ['ALTER TABLE other ALTER c TYPE text COLLATE "C"', 'table public.other: column c: collation added: "C"'],
  ["ALTER DOMAIN positive SET NOT NULL", "domain public.positive: type: not null changed from false to true"],
  ['CREATE COLLATION co FROM "C"', "collation public.co added"],
  ["ALTER TABLE users ALTER born SET STATISTICS 7", "table public.users: column born: statistics target added: 7"],
  [
    "ALTER TABLE users ALTER username SET STORAGE EXTERNAL",
    "table public.users: column username: storage added: external",
  ],
  [
    "ALTER TABLE users ALTER username SET COMPRESSION pglz",
    "table public.users: column username: compression added: pglz",
  ],
  [
    "ALTER TABLE users ALTER born SET (n_distinct = 3)",
    'table public.users: column born: options added: ["n_distinct=3"]',
  ],
  ["COMMENT ON COLUMN users.born IS 'day'", "table public.users: column born: comment added: day"],
  ["GRANT SELECT (born) ON users TO PUBLIC", 'table public.users: column born: privileges added: ["=r/postgres"]'],
  ["COMMENT ON TABLE users IS 'people'", "table public.users: comment added: people"],
  ["ALTER TABLE users ENABLE ROW LEVEL SECURITY", "table public.users: row security added: on"],
  ["ALTER TABLE users SET (fillfactor = 70)", 'table public.users: options added: ["fillfactor=70"]'],
  [
    "ALTER TABLE users SET (toast.autovacuum_enabled = off)",
    'table public.users: toast options added: ["autovacuum_enabled=off"]',
  ],
  ["ALTER TABLE users REPLICA IDENTITY FULL", "table public.users: replica identity added: full"],
  [
    "ALTER TABLE users REPLICA IDENTITY USING INDEX users_pkey",
    "table public.users: replica identity added: index",
    "table public.users: index users_pkey: replica identity added: true",
  ],
  ["ALTER TABLE users CLUSTER ON by_name", "table public.users: index by_name: clustered added: true"],
  ["CREATE TABLE added (id integer)", "table public.added added"],
  ["ALTER TABLE other ADD CONSTRAINT c CHECK (a > 0) NOT VALID", "table public.other: constraint c added"],
  [
    "ALTER TABLE other ALTER CONSTRAINT other_id_fkey DEFERRABLE",
    "table public.other: constraint other_id_fkey: definition changed from FOREIGN KEY (id) REFERENCES public.users(id) to FOREIGN KEY (id) REFERENCES public.users(id) DEFERRABLE",
  ],
  [
    "COMMENT ON CONSTRAINT users_pkey ON users IS 'key'",
    "table public.users: constraint users_pkey: comment added: key",
  ],
  ["CREATE INDEX ix ON users (born)", "table public.users: index ix added"],
  ["COMMENT ON INDEX by_name IS 'ix'", "table public.users: index by_name: comment added: ix"],
  ["ALTER TABLE users DISABLE TRIGGER tr", "table public.users: trigger tr: enabled changed from origin to disabled"],
  ["ALTER TABLE other DISABLE TRIGGER ALL", 'table public.other: constraint other_id_fkey: triggers added: ["D"]'],
  ["DROP TRIGGER tr ON users", "table public.users: trigger tr removed"],
  ["DROP RULE quiet ON other", "table public.other: rule quiet removed"],
  [
    "ALTER POLICY mine ON users TO postgres",
    'table public.users: policy mine: roles changed from ["PUBLIC"] to ["postgres"]',
  ],
  ["DROP STATISTICS st", "table public.other: statistics public.st removed"],
  ["ALTER STATISTICS st SET STATISTICS 9", "table public.other: statistics public.st: target added: 9"],
  ["ALTER SEQUENCE counter INCREMENT 5", "sequence public.counter: increment changed from 1 to 5"],
  ["ALTER SEQUENCE counter OWNED BY other.a", 'sequence public.counter: owned by added: ["public.other.a"]'],
  [
    "CREATE OR REPLACE VIEW names AS SELECT id, lower(username) AS username FROM users",
    "view public.names: definition changed from",
  ],
  ["ALTER VIEW names SET (security_barrier)", 'view public.names: options added: ["security_barrier=true"]'],
  [
    "REVOKE EXECUTE ON FUNCTION plus FROM PUBLIC",
    'function public.plus(integer,integer): privileges changed from ["=X/postgres","postgres=X/postgres"] to ["postgres=X/postgres"]',
  ],
  [
    "CREATE OR REPLACE FUNCTION plus(a integer, b integer DEFAULT 1) RETURNS integer LANGUAGE sql AS 'SELECT b + a'",
    "function public.plus(integer,integer): definition changed from",
  ],
  ["DROP AGGREGATE total(integer)", "aggregate public.total(integer) removed"],
  ["ALTER TYPE mood ADD VALUE 'mad'", 'type public.mood: type: labels changed from ["ok","sad"] to ["ok","sad","mad"]'],
  ["ALTER TYPE pair ADD ATTRIBUTE c integer", "type public.pair: column c added"],
  ["ALTER DOMAIN positive DROP CONSTRAINT above", "domain public.positive: constraint above removed"],
  [
    "ALTER TABLE parts DETACH PARTITION parts_1",
    'table public.parts_1: parents removed: ["public.parts"]',
    "table public.parts_1: partition bound removed: FOR VALUES FROM (0) TO (10)",
    "table public.parts_1: column k: inherited from removed: 1",
    "table public.parts_1: column k: local removed: false",
  ],
  ["ALTER PUBLICATION pub DROP TABLE users", "publication pub: table public.users removed"],
  ["ALTER PUBLICATION pub ADD TABLE other", "publication pub: table public.other added"],
  ["ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC", "default privileges of postgres added"],
  ["COMMENT ON SCHEMA segue_hidden IS 'x'", "schema segue_hidden: comment added: x"],
  ['ALTER TABLE users RENAME TO "Us ers"', 'table public."Us ers" added', "table public.users removed"],
];

/** Does and undoes, so that the catalog's contents differ while the catalog does not. */
const ROUND_TRIPS: readonly string[] = [
  "ALTER TABLE users ADD gone integer; ALTER TABLE users DROP gone",
  "ALTER TABLE users RENAME username TO hidden; ALTER TABLE users RENAME hidden TO username",
  "GRANT SELECT ON users TO PUBLIC; REVOKE SELECT ON users FROM PUBLIC",
  "GRANT SELECT (born) ON users TO PUBLIC; REVOKE SELECT (born) ON users FROM PUBLIC",
  "DROP INDEX by_name; CREATE INDEX by_name ON users (username)",
  "ALTER TABLE users ALTER born SET NOT NULL; ALTER TABLE users ALTER born DROP NOT NULL",
  "ALTER TABLE users SET SCHEMA segue_hidden; ALTER TABLE segue_hidden.users SET SCHEMA public",
  "ALTER TABLE users ALTER born SET STATISTICS 7; ALTER TABLE users ALTER born SET STATISTICS -1",
  "ALTER TABLE users CLUSTER ON by_name; ALTER TABLE users SET WITHOUT CLUSTER",
  "COMMENT ON TABLE users IS 'x'; COMMENT ON TABLE users IS NULL",
  "CREATE TRIGGER zz BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION segue.sync(); CREATE TABLE segue.x (id integer)",
  "SELECT nextval('counter'); INSERT INTO users (username) VALUES ('a'); ANALYZE users",
  "CREATE FUNCTION g() RETURNS integer LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION g()",
  "CREATE TEMP TABLE t (id integer)",
];

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  const template = { name: "snapshot", script: BASE };

  test("each change of the catalog is a difference, told by object and part", async () => {
    const database = await testDatabase({ major, template });
    await withSession(database, async (session) => {
      const before = await throughJsonb(database, await snapshotCatalog(session));
      expect(diffSnapshots(before, await snapshotCatalog(session))).toEqual([]);
      for (const [change, ...differences] of CHANGES) {
        const told = await changed(session, change, before);
        const each = differences.map((difference) => expect.stringContaining(difference) as string);
        expect({ change, told }).toEqual({ change, told: expect.arrayContaining(each) });
      }
    });
  });

  test.each(ROUND_TRIPS)("no difference is left by: %s", async (script) => {
    const database = await testDatabase({ major, template });
    const before = await throughJsonb(database, await snapshotOf(database));
    await database.query(script);
    expect(diffSnapshots(before, await snapshotOf(database))).toEqual([]);
  });

  test("a snapshot of some schemas does not see the others", async () => {
    const database = await testDatabase({ major, template });
    const before = await snapshotOf(database, ["segue_hidden"]);
    await database.query("CREATE TABLE elsewhere (id integer); CREATE TABLE segue_hidden.kept (id integer)");
    expect(diffSnapshots(before, await snapshotOf(database, ["segue_hidden"]))).toEqual([
      "table segue_hidden.kept added",
    ]);
  });

  test("members of an extension are the extension's own", async () => {
    const database = await testDatabase({ major, template });
    const before = await snapshotOf(database);
    await database.query("CREATE EXTENSION btree_gist");
    expect(diffSnapshots(before, await snapshotOf(database))).toEqual(["extension btree_gist added"]);
  });

  test.skipIf(major < 15)("column lists, row filters and schemas of publications are compared", async () => {
    const database = await testDatabase({ major, template });
    const before = await snapshotOf(database);
    await database.query("ALTER PUBLICATION pub SET TABLE users (id, m) WHERE (id > 5)");
    await database.query("CREATE PUBLICATION whole FOR TABLES IN SCHEMA segue_hidden");
    const after = await snapshotOf(database);
    expect(diffSnapshots(before, after)).toEqual([
      'publication pub: table public.users: columns added: ["id","m"]',
      "publication pub: table public.users: where added: (id > 5)",
      "publication whole added",
    ]);
    expect(Object.keys(after.objects["publication whole"]?.parts ?? {})).toEqual(["schema segue_hidden"]);
  });

  test.skipIf(major < 18)("from 18 on the names and the validity of NOT NULL constraints are compared", async () => {
    const database = await testDatabase({ major, template });
    const before = await snapshotOf(database);
    await database.query("ALTER TABLE other ADD CONSTRAINT nn NOT NULL a NOT VALID");
    const between = await snapshotOf(database);
    expect(diffSnapshots(before, between)).toEqual([
      "table public.other: column a: not null changed from false to true",
      "table public.other: constraint nn added",
    ]);
    await database.query("ALTER TABLE other VALIDATE CONSTRAINT nn");
    expect(diffSnapshots(between, await snapshotOf(database))).toEqual([
      "table public.other: constraint nn: definition changed from NOT NULL a NOT VALID to NOT NULL a",
      "table public.other: constraint nn: valid changed from false to true",
    ]);
  });

  test.skipIf(pagilaScript() === null)("Pagila's catalog is described in well under a second", async () => {
    const database = await testDatabase({ major, template: { name: "pagila", script: pagilaScript()! } });
    await withSession(database, async (session) => {
      const first = await snapshotCatalog(session);
      const started = performance.now();
      const second = await snapshotCatalog(session);
      const took = performance.now() - started;
      expect(diffSnapshots(first, second)).toEqual([]);
      expect(Object.keys(first.objects)).toContain("function public.film_in_stock(integer,integer)");
      expect(took).toBeLessThan(900);
    });
  });
});

/** What `change` makes of the catalog, in a transaction that is rolled back. */
async function changed(
  session: Parameters<typeof snapshotCatalog>[0],
  change: string,
  before: Snapshot,
): Promise<string[]> {
  let told: string[] = [];
  const undo = new Error("undo");
  await session
    .transaction(async () => {
      await session.query("SET LOCAL search_path = public");
      await session.script(change);
      told = diffSnapshots(before, await snapshotCatalog(session));
      throw undo;
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
  return told;
}
