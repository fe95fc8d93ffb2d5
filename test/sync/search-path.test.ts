import { describe, expect, test } from "vitest";
import { MAJORS } from "../support/postgres.ts";
import { syncedTable, type SyncedTable } from "./synced-table.ts";

const USERS = `
  CREATE TABLE users (id int PRIMARY KEY, username text);
  ALTER TABLE users ADD COLUMN handle text;`;
const LOWER = { table: "users", forward: { handle: "lower(username)" }, reverse: { username: "upper(handle)" } };

/** The settings that the sync's function makes for itself. */
async function settings(users: SyncedTable): Promise<readonly string[] | null> {
  const rows = await users.database.query<{ proconfig: string[] | null }>(
    "SELECT proconfig FROM pg_proc WHERE pronamespace = 'segue'::regnamespace AND proname LIKE 'sync\\_users\\_%'",
  );
  return rows[0]!.proconfig;
}
const PINNED = ["search_path=public, pg_temp"];
const FREE = null;

describe.each(MAJORS)("the search_path of a writer on PostgreSQL %i", (major) => {
  const rows = async (users: SyncedTable): Promise<unknown[]> =>
    (await users.database.query("SELECT username, handle FROM users ORDER BY id")).map((row) => Object.values(row));
  /** Both ways of writing a row, under each of these paths. */
  async function writeUnder(users: SyncedTable, ...paths: string[]): Promise<void> {
    for (const [at, path] of paths.entries()) {
      await users.query(`SET search_path = ${path}`);
      await users.query("INSERT INTO public.users (id, username) VALUES ($1, 'Old')", [3 * at]);
      await users.query("INSERT INTO public.users (id, handle) VALUES ($1, 'new')", [3 * at + 1]);
      await users.query("INSERT INTO public.users (id, username) VALUES ($1, '?')", [3 * at + 2]);
      await users.query("UPDATE public.users SET username = 'Older' WHERE id = $1", [3 * at + 2]);
    }
  }
  const WRITTEN = [
    ["Old", "old"],
    ["NEW", "new"],
    ["Older", "older"],
  ];

  test("makes no difference to the server's own functions, and the function sets none", async () => {
    const users = await syncedTable({ major, script: `${USERS} CREATE SCHEMA app`, sync: LOWER });
    expect(await settings(users)).toBe(FREE);
    await writeUnder(users, "''", "app", "pg_temp, app, public");
    expect(await rows(users)).toEqual([...WRITTEN, ...WRITTEN, ...WRITTEN]);
    await users.ready();
    expect(await settings(users)).toBe(FREE);
    await users.query("UPDATE public.users SET handle = 'newer' WHERE id = 0");
    expect((await rows(users))[0]).toEqual(["NEWER", "newer"]);
  });

  test("makes no difference to a function that has a namesake elsewhere: the function sets its own", async () => {
    const users = await syncedTable({
      major,
      script: `${USERS} CREATE SCHEMA app;
        CREATE FUNCTION app.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'hijacked' $$;`,
      sync: LOWER,
    });
    expect(await settings(users)).toEqual(PINNED);
    await writeUnder(users, "app, pg_catalog", "''");
    expect(await rows(users)).toEqual([...WRITTEN, ...WRITTEN]);
  });

  test("is not looked at before pg_catalog, if a namesake comes later", async () => {
    const users = await syncedTable({ major, script: `${USERS} CREATE SCHEMA app`, sync: LOWER });
    await users.database.query("CREATE FUNCTION app.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'hijacked' $$");
    await writeUnder(users, "app", "app, public");
    expect(await rows(users)).toEqual([...WRITTEN, ...WRITTEN]);
  });

  test("makes no difference to an operator of an extension, or of another type", async () => {
    const users = await syncedTable({
      major,
      script: `${USERS} CREATE SCHEMA app;
        CREATE FUNCTION app.shout(text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'hijacked' $$;
        CREATE OPERATOR app.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = app.shout);`,
      sync: { table: "users", forward: { handle: "username || '!'" } },
    });
    expect(await settings(users)).toEqual(PINNED);
    await users.query("SET search_path = app, pg_catalog");
    await users.query("INSERT INTO public.users (id, username) VALUES (1, 'x')");
    expect(await rows(users)).toEqual([["x", "x!"]]);
  });

  test("makes no difference to a function that calls another by its bare name", async () => {
    const users = await syncedTable({
      major,
      script: `${USERS} CREATE SCHEMA app;
        CREATE FUNCTION cleaned(text) RETURNS text LANGUAGE sql AS $$ SELECT btrim($1) $$;
        CREATE FUNCTION app.cleaned(text) RETURNS text LANGUAGE sql AS $$ SELECT 'hijacked' $$;
        CREATE FUNCTION slug(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN cleaned($1); END $$;`,
      sync: { table: "users", forward: { handle: "slug(username)" }, reverse: { username: "public.slug(handle)" } },
    });
    expect(await settings(users)).toEqual(PINNED);
    await users.query("SET search_path = app");
    await users.query("INSERT INTO public.users (id, username) VALUES (1, ' x ')");
    await users.query("SET search_path = ''");
    await users.query("INSERT INTO public.users (id, handle) VALUES (2, ' y ')");
    expect(await rows(users)).toEqual([
      [" x ", "x"],
      ["y", " y "],
    ]);
  });

  test("makes no difference to a domain whose check calls a function by its bare name", async () => {
    const users = await syncedTable({
      major,
      script: `${USERS}
        CREATE FUNCTION shortest() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
        CREATE FUNCTION is_long(text) RETURNS boolean STRICT LANGUAGE plpgsql AS $$ BEGIN RETURN length($1) > shortest(); END $$;
        CREATE DOMAIN long AS text CHECK (is_long(VALUE));
        ALTER TABLE users ADD COLUMN name long;`,
      sync: { table: "users", forward: { name: "username" } },
    });
    expect(await settings(users)).toEqual(PINNED);
    await users.query("SET search_path = ''");
    await users.query("INSERT INTO public.users (id, username) VALUES (1, 'xy'), (2, 'x')");
    expect(await users.database.query("SELECT name FROM users ORDER BY id")).toEqual([{ name: "xy" }, { name: null }]);
    expect(await users.quarantined()).toEqual([{ key: { id: 2 }, sqlstate: "23514" }]);
  });

  test("makes no difference to a sequence that a constant names", async () => {
    const users = await syncedTable({
      major,
      script: `${USERS} CREATE SEQUENCE numbers; CREATE SCHEMA app; CREATE SEQUENCE app.numbers START 100;`,
      sync: { table: "users", fill: { handle: "nextval('numbers')::text" } },
    });
    expect(await settings(users)).toEqual(PINNED);
    await users.query("SET search_path = app, public");
    await users.query("INSERT INTO public.users (id) VALUES (1)");
    expect(await rows(users)).toEqual([[null, "1"]]);
  });

  test("makes no difference to a type, though a temporary table of its name is found before pg_catalog", async () => {
    const users = await syncedTable({
      major,
      script: `${USERS}
        ALTER TABLE users ADD COLUMN born text, ADD COLUMN birthday date, ADD COLUMN data json, ADD COLUMN copy json;`,
      sync: {
        table: "users",
        forward: { handle: "username", birthday: "born::date", copy: "to_json(data::json)" },
        reverse: { username: "handle", born: "birthday::text" },
        fill: { data: "'{}'::json" },
      },
    });
    expect(await settings(users)).toBe(FREE);
    await users.query(
      `CREATE TEMP TABLE text (a int); CREATE TEMP TABLE date (a int); CREATE TEMP TABLE json (a int); CREATE TEMP TABLE record (a int)`,
    );
    await users.query("INSERT INTO users (id, username, born) VALUES (1, 'a', '2026-01-02'), (2, 'b', 'never')");
    await users.query("INSERT INTO users (id, handle, birthday) VALUES (3, 'c', '2026-01-03')");
    await users.query("UPDATE users SET handle = 'd', copy = '[1]' WHERE id = 3");
    expect(
      await users.database.query(
        "SELECT username, handle, born, birthday::text, data::text, copy::text FROM users ORDER BY id",
      ),
    ).toMatchObject([
      { username: "a", handle: "a", born: "2026-01-02", birthday: "2026-01-02", data: "{}" },
      { username: "b", handle: "b", born: "never", birthday: null, data: "{}" },
      { username: "d", handle: "d", born: "2026-01-03", birthday: "2026-01-03", data: "{}", copy: "[1]" },
    ]);
    expect(await users.quarantined()).toEqual([{ key: { id: 2 }, sqlstate: "22007" }]);
  });
});
