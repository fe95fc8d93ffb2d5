import { describe, expect, test } from "vitest";
import type { SegueError } from "../../../src/model/errors.ts";
import { factKey } from "../../../src/model/catalog.ts";
import type { Session } from "../../../src/postgres/session.ts";
import { aliasTable } from "../../../src/steps/alias-table.ts";
import { catalogDifference, catalogOf as snapshotOf } from "../../support/catalog-diff.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { catalogOf, columnOf, tableOf } from "./carry-catalog.ts";
import { lowered, statementsOf, withSession } from "./execute-drafts.ts";
import { lowerContext } from "./lower-context.ts";
import { executeExactly } from "./relation-locks.ts";

const FIELDS = { table: "users", as: "accounts" };

/** Who may do what, by whomever it was granted. */
const rightsOn = (relation: string): string => `
  SELECT coalesce(json_agg(line ORDER BY line), '[]') AS rights FROM (
    SELECT format('%s: %s%s', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END, privilege_type,
                  CASE WHEN is_grantable THEN '*' END) AS line
      FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) WHERE c.oid = '${relation}'::regclass
    UNION ALL
    SELECT format('%s.%s: %s%s', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END, attname, privilege_type,
                  CASE WHEN is_grantable THEN '*' END)
      FROM pg_attribute a, aclexplode(a.attacl) WHERE a.attrelid = '${relation}'::regclass) AS found`;

async function expanded(session: Session): Promise<void> {
  const { expand = [] } = await lowered(session, aliasTable, "expand", FIELDS);
  await executeExactly(session, expand);
}

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("the view has the columns, the owner and the rights of the table, and stops nobody", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "Na""me" text, secret text);
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO pg_read_all_data, PUBLIC;
        GRANT SELECT, INSERT ON users TO pg_monitor; GRANT DELETE ON users TO pg_monitor WITH GRANT OPTION;
        GRANT SELECT ON users TO PUBLIC;
        GRANT UPDATE ("Na""me") ON users TO pg_read_all_stats WITH GRANT OPTION;
        GRANT CREATE ON SCHEMA public TO pg_database_owner;
        ALTER TABLE users OWNER TO pg_database_owner`,
    });
    const before = await snapshotOf(database);
    await withSession(database, async (session) => {
      const { expand = [], warnings } = await lowered(session, aliasTable, "expand", FIELDS);
      const [statements] = statementsOf(expand) as readonly string[][];
      const invoker = major >= 15 ? " WITH (security_invoker = true)" : "";
      expect(statements?.filter((statement) => !statement.startsWith("DO "))).toEqual([
        `CREATE VIEW public.accounts${invoker} AS SELECT id, "Na""me", secret FROM public.users`,
        "ALTER VIEW public.accounts OWNER TO pg_database_owner",
        "GRANT SELECT ON TABLE public.accounts TO PUBLIC",
        "GRANT DELETE ON TABLE public.accounts TO pg_monitor WITH GRANT OPTION",
        "GRANT INSERT, SELECT ON TABLE public.accounts TO pg_monitor",
        'GRANT UPDATE ("Na""me") ON TABLE public.accounts TO pg_read_all_stats WITH GRANT OPTION',
      ]);
      expect(expand[0]).toMatchObject({
        locks: [{ relation: { schema: "public", name: "users" }, mode: "ACCESS SHARE" }],
      });
      expect(warnings?.join()).toContain("until the contract public.accounts is a view: COPY … FROM, TRUNCATE, ");
      expect(warnings?.join().includes("MERGE INTO")).toBe(major < 17);
      await executeExactly(session, expand);
      expect(await database.query(rightsOn("accounts"))).toEqual(await database.query(rightsOn("users")));
      await executeExactly(session, expand[0]?.undo ?? []);
    });
    expect(await catalogDifference(before, database)).toEqual([]);
  });

  test("what the owner has not, the view's owner has not either", async () => {
    const database = await testDatabase({
      major,
      script: "CREATE TABLE users (id int); REVOKE TRUNCATE, REFERENCES ON users FROM CURRENT_USER",
    });
    await withSession(database, expanded);
    expect(await database.query(rightsOn("accounts"))).toEqual(await database.query(rightsOn("users")));
  });

  test("rows are written through the view as into the table: defaults, identity, generated columns, conflicts, locks", async () => {
    const database = await testDatabase({
      major,
      script: `CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL DEFAULT 'nobody', n int UNIQUE,
        twice int GENERATED ALWAYS AS (n * 2) STORED, s serial, CONSTRAINT named UNIQUE (name, n))`,
    });
    await withSession(database, async (session) => {
      await expanded(session);
      const rows = async (sql: string): Promise<readonly unknown[]> => (await session.query(sql)).rows;
      expect(await rows("INSERT INTO accounts (n) VALUES (1) RETURNING *")).toEqual([
        { id: 1, name: "nobody", n: 1, twice: 2, s: 1 },
      ]);
      expect(
        await rows(
          "INSERT INTO accounts VALUES (DEFAULT, DEFAULT, 2, DEFAULT), (DEFAULT, 'ada', 3, DEFAULT) RETURNING *",
        ),
      ).toEqual([
        { id: 2, name: "nobody", n: 2, twice: 4, s: 2 },
        { id: 3, name: "ada", n: 3, twice: 6, s: 3 },
      ]);
      expect(await rows("INSERT INTO accounts (id) OVERRIDING SYSTEM VALUE VALUES (70) RETURNING id")).toEqual([
        { id: 70 },
      ]);
      expect(await rows("INSERT INTO accounts (id) OVERRIDING USER VALUE VALUES (80) RETURNING id")).toEqual([
        { id: 4 },
      ]);
      expect(await rows("INSERT INTO accounts DEFAULT VALUES RETURNING id")).toEqual([{ id: 5 }]);
      expect(
        await rows(
          "INSERT INTO accounts (n, name) VALUES (3, 'eve') ON CONFLICT (n) DO UPDATE SET name = excluded.name RETURNING id, name",
        ),
      ).toEqual([{ id: 3, name: "eve" }]);
      expect(await rows("INSERT INTO accounts (n) VALUES (3) ON CONFLICT DO NOTHING RETURNING id")).toEqual([]);
      expect(await rows("UPDATE accounts SET n = 4 WHERE n = 3 RETURNING twice")).toEqual([{ twice: 8 }]);
      expect(await rows("SELECT id FROM accounts WHERE n = 4 FOR UPDATE SKIP LOCKED")).toEqual([{ id: 3 }]);
      expect(
        await rows(
          "DELETE FROM accounts USING users WHERE accounts.id = users.id AND users.n = 2 RETURNING accounts.id",
        ),
      ).toEqual([{ id: 2 }]);
      // A lock on the view is one on the table.
      await session.transaction(async () => {
        await session.query("LOCK TABLE accounts IN SHARE MODE");
        const mode = "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'users'::regclass";
        expect(await rows(mode)).toEqual([{ mode: "ShareLock" }]);
      });
      if (major >= 17) {
        await session.query(
          "MERGE INTO accounts USING (VALUES (4, 'm')) AS s (n, name) ON accounts.n = s.n WHEN MATCHED THEN UPDATE SET name = s.name",
        );
        expect(await rows("SELECT name FROM users WHERE n = 4")).toEqual([{ name: "m" }]);
      }
    });
  });

  test("what a view can't do is what the plan warns of", async () => {
    const database = await testDatabase({
      major,
      script: `CREATE TABLE users (id int PRIMARY KEY, name text, twice int GENERATED ALWAYS AS (id * 2) STORED, CONSTRAINT named UNIQUE (name));
          INSERT INTO users VALUES (1, 'a')`,
    });
    await withSession(database, async (session) => {
      await expanded(session);
      const refused: readonly (readonly [string, string])[] = [
        ["COPY accounts FROM STDIN", "cannot copy to view"],
        ["COPY accounts TO STDOUT", "cannot copy from view"],
        ["TRUNCATE accounts", "is not a table"],
        ["INSERT INTO accounts VALUES (1, 'a') ON CONFLICT ON CONSTRAINT named DO NOTHING", "does not exist"],
        ["SELECT * FROM accounts TABLESAMPLE SYSTEM (1)", "can only be applied to tables"],
        ["SELECT ctid FROM accounts", "does not exist"],
        ["SELECT id, name FROM accounts GROUP BY id", "must appear in the GROUP BY clause"],
        [
          "BEGIN; DECLARE c CURSOR FOR SELECT * FROM accounts FOR UPDATE; FETCH c; UPDATE accounts SET name = 'b' WHERE CURRENT OF c",
          "not implemented",
        ],
        ["CREATE TABLE o (a int REFERENCES accounts)", "is not a table"],
        ["UPDATE accounts SET twice = DEFAULT", "can only be updated to DEFAULT"],
        ...(major < 17
          ? [
              [
                "MERGE INTO accounts USING users ON false WHEN NOT MATCHED THEN DO NOTHING",
                major < 15 ? "syntax error" : "merge",
              ] as const,
            ]
          : []),
      ];
      for (const [sql, says] of refused) {
        await expect(session.script(sql), sql).rejects.toThrow(says);
        await session.script("ROLLBACK");
      }
    });
  });
});

test.runIf(MAJORS.some((major) => major >= 15))(
  "row security goes on to be that of who reads, through the view too",
  async () => {
    const database = await testDatabase({
      major: MAJORS.find((major) => major >= 15) ?? 18,
      script: `CREATE TABLE users (id int, owner text); INSERT INTO users VALUES (1, 'pg_monitor'), (2, 'somebody');
      ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON users USING (owner = current_user);
      GRANT SELECT (id, owner), UPDATE (id) ON users TO pg_monitor`,
    });
    await withSession(database, expanded);
    const reader = await database.connect();
    await reader.query("SET ROLE pg_monitor");
    for (const name of ["users", "accounts"])
      expect((await reader.query(`SELECT id FROM ${name}`)).rows, name).toEqual([{ id: 1 }]);
    expect((await reader.query("UPDATE accounts SET id = 3 RETURNING id")).rows).toEqual([{ id: 3 }]);
    await expect(reader.query("UPDATE accounts SET owner = 'me'")).rejects.toThrow("permission denied");
    await expect(reader.query("DELETE FROM accounts")).rejects.toThrow("permission denied");
  },
);

const refusal = (work: () => unknown): readonly string[] => {
  try {
    work();
    return [];
  } catch (error) {
    const { code, message, next } = error as SegueError;
    return next === undefined ? [code, message] : [code, message, next];
  }
};
const USERS = tableOf("users", { columns: [columnOf("id", "integer")] });
const lower = (major: number, parts: Partial<typeof USERS>, as = "accounts", facts = {}) => {
  const catalog = { ...catalogOf(major, { ...USERS, ...parts }), facts, relationNames: ["public.taken"] };
  return aliasTable.lower({ table: "users", as }, lowerContext(catalog, "expand"));
};

test.each<[string, () => unknown, readonly string[]]>([
  [
    "another schema",
    () => lower(18, {}, "sales.users"),
    ["SEG0103", "public.users can't become sales.users: a table is renamed within its schema"],
  ],
  ["its own name", () => lower(18, {}, "public.users"), ["SEG0101", "public.users has that name already"]],
  [
    "a name that is taken",
    () => lower(18, {}, "taken"),
    ["SEG0101", "the name public.taken is taken by another relation"],
  ],
  [
    "the name of a type",
    () => lower(18, {}, "Mood", { [factKey({ ask: "type", type: 'public."Mood"' })]: { type: '"Mood"' } }),
    ["SEG0101", "the name public.Mood is taken by a type"],
  ],
  [
    "no columns",
    () => lower(18, { columns: [] }),
    ["SEG0103", "public.users has no columns: no view can be written through"],
  ],
  ["a view", () => lower(18, { kind: "view" }), ["SEG0103", "public.users is a view, not a table"]],
  ["a foreign table", () => lower(18, { kind: "foreign" }), ["SEG0103", "public.users is a foreign, not a table"]],
  [
    "a temporary table",
    () => lower(18, { persistence: "temporary" }),
    ["SEG0103", "public.users is a temporary table"],
  ],
  [
    "a partition",
    () => lower(18, { kind: "partition" }),
    ["SEG0103", "public.users is a partition: name its parent in the plan"],
  ],
  [
    "a table that a subscription writes to",
    () => lower(18, { subscribed: true }),
    [
      "SEG0103",
      "a subscription writes to public.users by that name, and would find a view in its place",
      "rename the table on both sides with the subscription disabled",
    ],
  ],
  [
    "row security before 15",
    () => lower(14, { rowSecurity: true }),
    [
      "SEG0103",
      "public.users has row security: on PostgreSQL 14 a view reads with the rights of its owner, so that everyone would see every row",
      "upgrade to PostgreSQL 15 or newer, where a view reads with the rights of who uses it; or rename with the application stopped, by an sql operation",
    ],
  ],
  [
    "an owner without rights before 15",
    () => lower(14, { grants: [{ grantee: "owner", privilege: "SELECT", grantable: false }] }),
    [
      "SEG0103",
      "the owner of public.users, owner, may not INSERT, UPDATE, DELETE: on PostgreSQL 14 nobody could through a view",
      "grant INSERT, UPDATE, DELETE on the table to its owner first",
    ],
  ],
])("%s is refused", (_, work, says) => {
  expect(refusal(work)).toEqual(says);
});

test("from 15 on row security is no hindrance; a child of a table is left out of ONLY by no view", () => {
  expect(refusal(() => lower(15, { rowSecurity: true }))).toEqual([]);
  const child = { schema: "public", name: "members" };
  expect(lower(18, { inheritanceChildren: [child] }).warnings).toContain(
    "ONLY public.accounts does not leave out the inheritance children of public.users",
  );
});

test("other steps on the table or under the name have a plan of their own", () => {
  const context = lowerContext(catalogOf(18, USERS), "expand", [
    ["expand", "alias_table", FIELDS],
    ["expand", "add_column", { table: "public.accounts", column: "a", type: "int" }],
  ]);
  expect(refusal(() => aliasTable.lower(FIELDS, context))).toEqual([
    "SEG0101",
    "alias_table public.users to public.accounts and add_column of public.accounts can't stand in one plan",
    "put add_column into a plan of its own, before or after this one",
  ]);
});
