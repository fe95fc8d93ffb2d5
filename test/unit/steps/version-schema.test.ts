import { describe, expect, test } from "vitest";
import type { Session } from "../../../src/postgres/session.ts";
import type { ShownTable } from "../../../src/steps/shown-tables.ts";
import { dropVersion, hideVersion, makeVersion } from "../../../src/steps/version-schema.ts";
import { catalogDifference, catalogOf } from "../../support/catalog-diff.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { statementsOf, withSession } from "./execute-drafts.ts";
import { executeExactly } from "./relation-locks.ts";

const shown = (name: string, columns: Readonly<Record<string, string>>, as = name): ShownTable => ({
  table: { schema: "public", name },
  as,
  rowSecurity: false,
  reachable: true,
  partialReaders: [],
  columns: Object.entries(columns).map(([column, shownAs]) => ({ column, as: shownAs })),
});

const TABLES = [shown("users", { id: "id", 'Na"me': "name" }), shown("old%s", { x: "x" }, "New")];
const HELD = { schema: "public_1", hidden: "segue_old_public_1", views: ["New", "users"] };

/** Rights on a relation or schema, but for those of its owner. */
async function rights(session: Session, relation: string): Promise<readonly unknown[]> {
  const { rows } = await session.query<{ line: string }>(
    `SELECT concat_ws(' ', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END, privilege_type, is_grantable, part) AS line
       FROM (SELECT acl.*, part FROM (
               SELECT relacl AS list, NULL::int AS part FROM pg_class WHERE oid = $1::regclass
               UNION ALL SELECT attacl, attnum FROM pg_attribute WHERE attrelid = $1::regclass) found, aclexplode(list) acl) x
      WHERE grantee <> current_user::regrole ORDER BY 1`,
    [relation],
  );
  return rows.map(({ line }) => line);
}

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a versioned schema has a view a table, the rights of the tables, and stops nobody", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TABLE users (id int PRIMARY KEY, "Na""me" text);
        CREATE TABLE "old%s" (x int);
        ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO pg_signal_backend, PUBLIC;
        ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO pg_signal_backend;
        REVOKE ALL ON SCHEMA public FROM PUBLIC;
        GRANT ALL ON SCHEMA public TO pg_monitor;
        GRANT SELECT, INSERT ON users TO pg_monitor; GRANT DELETE ON users TO pg_monitor WITH GRANT OPTION;
        GRANT SELECT ON users TO PUBLIC;
        GRANT UPDATE ("Na""me"), SELECT ("Na""me") ON users TO pg_read_all_stats WITH GRANT OPTION`,
    });
    const before = await catalogOf(database);
    await withSession(database, async (session) => {
      const draft = makeVersion("public", "public_1", TABLES, major);
      const invoker = major >= 15 ? " WITH (security_invoker = true)" : "";
      const [statements] = statementsOf([draft]) as readonly string[][];
      expect(statements?.filter((statement) => !statement.startsWith("DO "))).toEqual([
        "CREATE SCHEMA public_1",
        "COMMENT ON SCHEMA public_1 IS 'tables as a version of the application wants them, shown by Segue; of schema public'",
        `CREATE VIEW public_1.users${invoker} AS SELECT id, "Na""me" AS name FROM public.users`,
        `CREATE VIEW public_1."New"${invoker} AS SELECT x FROM public."old%s"`,
      ]);
      expect(draft).toMatchObject({
        locks: [
          { relation: { schema: "public", name: "users" }, mode: "ACCESS SHARE" },
          { relation: { schema: "public", name: "old%s" }, mode: "ACCESS SHARE" },
        ],
      });
      await executeExactly(session, [draft]);
      expect(await rights(session, "public_1.users")).toEqual(await rights(session, "users"));
      expect(await rights(session, 'public_1."New"')).toEqual([]);
      const usage = `SELECT r, has_schema_privilege(r, 'public_1', 'USAGE') AS usage, has_schema_privilege(r, 'public_1', 'CREATE') AS make
                       FROM unnest('{pg_monitor,pg_signal_backend}'::text[]) r ORDER BY 1`;
      expect((await session.query(usage)).rows).toEqual([
        { r: "pg_monitor", usage: true, make: false },
        { r: "pg_signal_backend", usage: false, make: false },
      ]);
      await executeExactly(session, draft.undo);
    });
    expect(await catalogDifference(before, database)).toEqual([]);
  });

  test("a version is hidden by its name alone, shown again as it was, and dropped with nothing else", async () => {
    const database = await testDatabase({
      major,
      script: `CREATE TABLE users (id int, "Na""me" text); CREATE TABLE "old%s" (x int); INSERT INTO users VALUES (1, 'a')`,
    });
    const before = await catalogOf(database);
    await withSession(database, async (session) => {
      await executeExactly(session, [makeVersion("public", "public_1", TABLES, major)]);
      const made = await catalogOf(database);
      const hide = hideVersion(HELD);
      expect(hide).toMatchObject({ locks: [], table: null });
      await executeExactly(session, [hide]);
      expect((await session.query("SELECT name FROM segue_old_public_1.users")).rows).toEqual([{ name: "a" }]);
      await executeExactly(session, hide.undo);
      expect(await catalogDifference(made, database)).toEqual([]);
      await executeExactly(session, [hide]);
      const drop = dropVersion(HELD);
      expect(statementsOf([drop])).toEqual([
        [
          'DROP VIEW IF EXISTS segue_old_public_1."New", segue_old_public_1.users',
          "DROP SCHEMA IF EXISTS segue_old_public_1",
        ],
      ]);
      await session.query("CREATE VIEW over AS SELECT * FROM segue_old_public_1.users");
      await expect(executeExactly(session, [drop])).rejects.toThrow("other objects depend on");
      await session.query("DROP VIEW over");
      await executeExactly(session, [drop]);
      // Who dropped it by hand is no reason to fail.
      for (const statements of statementsOf([...hide.undo, hide, drop]))
        for (const statement of statements) await session.query(statement);
    });
    expect(await catalogDifference(before, database)).toEqual([]);
  });
});

test.each(MAJORS)(
  "a role that is no superuser makes a version, also of what belongs to others, on PostgreSQL %i",
  async (major) => {
    const database = await testDatabase({
      major,
      script: `CREATE TABLE users (id int); CREATE TABLE orders (id int);
      GRANT CREATE ON SCHEMA public TO pg_monitor, pg_signal_backend;
      ALTER TABLE users OWNER TO pg_monitor; ALTER TABLE orders OWNER TO pg_signal_backend;
      GRANT ALL ON orders TO pg_monitor`,
    });
    await database.query(`GRANT CREATE ON DATABASE ${database.name} TO pg_monitor`);
    await withSession(database, async (session) => {
      await session.query("SET ROLE pg_monitor");
      const draft = makeVersion("public", "v", [shown("users", { id: "id" }), shown("orders", { id: "id" })], major);
      await executeExactly(session, [draft]);
      // The owner of a table, who is not that of the view, has the same rights there.
      await session.query("SET ROLE pg_signal_backend");
      await session.query("INSERT INTO v.orders VALUES (1)");
      expect((await session.query("DELETE FROM v.orders RETURNING id")).rows).toEqual([{ id: 1 }]);
      await expect(session.query("SELECT FROM v.users")).rejects.toThrow("permission denied");
      await session.query("SET ROLE pg_monitor");
      await session.query("INSERT INTO v.users VALUES (1)");
      await executeExactly(session, draft.undo);
    });
    // A right on the database would outlive it in the roles.
    await database.query(`REVOKE CREATE ON DATABASE ${database.name} FROM pg_monitor`);
  },
);

test.runIf(MAJORS.some((major) => major >= 15))("row security is that of who reads", async () => {
  const database = await testDatabase({
    major: MAJORS.find((major) => major >= 15) ?? 18,
    script: `CREATE TABLE users (id int, owner text); INSERT INTO users VALUES (1, 'pg_monitor'), (2, 'somebody');
      ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON users USING (owner = current_user);
      GRANT USAGE ON SCHEMA public TO pg_monitor; GRANT SELECT, UPDATE (id) ON users TO pg_monitor`,
  });
  await withSession(database, (session) =>
    executeExactly(session, [makeVersion("public", "v", [shown("users", { id: "id", owner: "owner" })], 18)]),
  );
  const reader = await database.connect();
  await reader.query("SET ROLE pg_monitor; SET search_path = v");
  expect((await reader.query("SELECT id FROM users")).rows).toEqual([{ id: 1 }]);
  expect((await reader.query("UPDATE users SET id = 3 RETURNING id")).rows).toEqual([{ id: 3 }]);
  await expect(reader.query("DELETE FROM users")).rejects.toThrow("permission denied");
});
