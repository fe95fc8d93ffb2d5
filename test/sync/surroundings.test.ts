import { describe, expect, test } from "vitest";
import { MAJORS } from "../support/postgres.ts";
import { sqlstateOfQuery, syncedTable, type SyncedTable } from "./synced-table.ts";

const USERS = `
  CREATE TABLE users (id int PRIMARY KEY, username text);
  ALTER TABLE users ADD COLUMN handle text;`;
const LOWER = { table: "users", forward: { handle: "lower(username)" }, reverse: { username: "upper(handle)" } };
const UNDEFINED = "42703";
const INSUFFICIENT_PRIVILEGE = "42501";
const ROW_SECURITY_VIOLATED = "42501";

describe.each(MAJORS)("what surrounds a write on PostgreSQL %i", (major) => {
  const rows = async (users: SyncedTable): Promise<unknown[]> =>
    (await users.database.query("SELECT username, handle FROM users ORDER BY id")).map((row) => Object.values(row));

  test("an expression means the same whatever search_path the application has set", async () => {
    const users = await syncedTable({
      major,
      script: `${USERS}
        CREATE SCHEMA hostile;
        CREATE FUNCTION hostile.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'hijacked' $$;
        CREATE FUNCTION hostile.upper(text) RETURNS text LANGUAGE sql AS $$ SELECT 'hijacked' $$;
        CREATE FUNCTION hostile.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT 'on' $$;
        CREATE FUNCTION hostile.pg_trigger_depth() RETURNS int LANGUAGE sql AS $$ SELECT 0 $$;
        CREATE FUNCTION hostile.never(record, record) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN false; END $$;
        CREATE OPERATOR hostile.*<> (LEFTARG = record, RIGHTARG = record, FUNCTION = hostile.never);
        CREATE FUNCTION hostile.never(text, text) RETURNS boolean LANGUAGE sql AS $$ SELECT false $$;
        CREATE OPERATOR hostile.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = hostile.never);`,
      sync: LOWER,
    });
    await users.query("SET search_path = hostile, pg_catalog");
    await users.query("INSERT INTO public.users (id, username) VALUES (1, 'Old')");
    await users.query("INSERT INTO public.users (id, handle) VALUES (2, 'new')");
    await users.query("SET search_path = ''");
    await users.query("INSERT INTO public.users (id, username) VALUES (3, 'Old')");
    await users.query("UPDATE public.users SET username = 'Older' WHERE id = 3");
    expect(await rows(users)).toEqual([
      ["Old", "old"],
      ["NEW", "new"],
      ["Older", "older"],
    ]);
  });

  test("a backslash means the same whatever the application's strings do with it", async () => {
    const users = await syncedTable({
      major,
      script: USERS,
      sync: { table: "users", forward: { handle: "regexp_replace(username, '\\D', '', 'g') || '\\'" } },
    });
    await users.query("SET standard_conforming_strings = off");
    await users.query("INSERT INTO users (id, username) VALUES (1, 'Dx42')");
    await users.query("UPDATE users SET username = 'Dx43' WHERE id = 1");
    await users.query("INSERT INTO users (id, username) VALUES (2, 'Dx44')");
    expect(await rows(users)).toEqual([
      ["Dx43", "43\\"],
      ["Dx44", "44\\"],
    ]);
  });

  test("a temporary table or function of the application takes no one's place", async () => {
    const users = await syncedTable({
      major,
      script: `${USERS} CREATE TABLE renames (id int, name text); INSERT INTO renames VALUES (1, 'right')`,
      sync: { table: "users", forward: { handle: "(SELECT r.name FROM renames r WHERE r.id = users.id)" } },
    });
    await users.query("CREATE TEMP TABLE renames (id int, name text); INSERT INTO pg_temp.renames VALUES (1, 'wrong')");
    await users.query("INSERT INTO users (id, username) VALUES (1, 'x')");
    expect(await rows(users)).toEqual([["x", "right"]]);
  });

  test("a sub-select may read columns that plpgsql has variables for", async () => {
    const users = await syncedTable({
      major,
      script: `${USERS} CREATE TABLE items (owner int, found boolean, tg_op text); INSERT INTO items VALUES (1, true, 'a'), (1, false, 'b')`,
      sync: {
        table: "users",
        forward: { handle: "(SELECT string_agg(tg_op, ',') FROM items WHERE found AND owner = users.id)" },
      },
    });
    await users.query("INSERT INTO users (id, username) VALUES (1, 'x')");
    expect(await rows(users)).toEqual([["x", "a"]]);
  });

  test("a role needs no privilege but on the table itself, also where a trigger leaves evidence", async () => {
    const role = `plain_${major}`;
    const users = await syncedTable({
      major,
      script: `${USERS}
        ALTER TABLE users ADD COLUMN amount text, ADD COLUMN cents int;
        DROP ROLE IF EXISTS ${role}; CREATE ROLE ${role};
        GRANT INSERT, SELECT, UPDATE ON users TO ${role};`,
      sync: {
        table: "users",
        forward: { ...LOWER.forward, cents: "amount::int" },
        reverse: { ...LOWER.reverse, amount: "cents::text" },
      },
    });
    await users.query(`SET ROLE ${role}`);
    await users.query("INSERT INTO users (id, username) VALUES (1, 'a')");
    await users.query("UPDATE users SET username = 'B', handle = 'c'");
    await users.query("UPDATE users SET amount = 'not a number'");
    expect(await rows(users)).toEqual([["C", "c"]]);
    expect(await users.witnesses()).toEqual(["both_changed"]);
    expect(await users.quarantined()).toEqual([{ key: { id: 1 }, sqlstate: "22P02" }]);
    for (const table of ["rollout", "witness", "quarantine", "lease"]) {
      expect(await sqlstateOfQuery(users.query(`SELECT FROM segue.${table}`)), table).toBe(INSUFFICIENT_PRIVILEGE);
      expect(await sqlstateOfQuery(users.query(`DELETE FROM segue.${table}`)), table).toBe(INSUFFICIENT_PRIVILEGE);
    }
    expect(await sqlstateOfQuery(users.query("SELECT segue.fence(1, 1)"))).toBe(INSUFFICIENT_PRIVILEGE);
    expect(await sqlstateOfQuery(users.query("CREATE TABLE segue.mine ()"))).toBe(INSUFFICIENT_PRIVILEGE);
    await users.query(`RESET ROLE; REVOKE ALL ON users FROM ${role}; DROP ROLE ${role}`);
  });

  test("row security sees the derived columns, and hides rows as before", async () => {
    const role = `tenant_${major}`;
    const users = await syncedTable({
      major,
      script: `${USERS}
        DROP ROLE IF EXISTS ${role}; CREATE ROLE ${role};
        GRANT INSERT, SELECT, UPDATE ON users TO ${role};
        ALTER TABLE users ENABLE ROW LEVEL SECURITY;
        CREATE POLICY mine ON users USING (handle IS NULL OR handle LIKE 'mine%') WITH CHECK (handle LIKE 'mine%');`,
      sync: LOWER,
    });
    await users.query("INSERT INTO users (id, username) VALUES (1, 'OTHERS')");
    await users.query(`SET ROLE ${role}`);
    await users.query("INSERT INTO users (id, username) VALUES (2, 'MINE')");
    expect(await sqlstateOfQuery(users.query("INSERT INTO users (id, username) VALUES (3, 'OTHERS')"))).toBe(
      ROW_SECURITY_VIOLATED,
    );
    expect((await users.app.query("UPDATE users SET username = username || '!'")).rowCount).toBe(1);
    await users.query("RESET ROLE");
    expect(await rows(users)).toEqual([
      ["OTHERS", "others"],
      ["MINE!", "mine!"],
    ]);
    await users.query(`DROP POLICY mine ON users; REVOKE ALL ON users FROM ${role}; DROP ROLE ${role}`);
  });

  test("an expression that the server can't resolve is found at expand, before a write can fail", async () => {
    const install = (forward: string): Promise<unknown> =>
      syncedTable({
        major,
        script: `${USERS} CREATE AGGREGATE together(text) (SFUNC = textcat, STYPE = text);`,
        sync: { table: "users", forward: { handle: forward } },
      });
    expect(await sqlstateOfQuery(install("no_such_function(username)"))).toBe("42883");
    expect(await sqlstateOfQuery(install("(SELECT x.nothing FROM users x)"))).toBe(UNDEFINED);
    expect(await sqlstateOfQuery(install("username + 1"))).toBe("42883");
    expect(await sqlstateOfQuery(install("unnest(array[username, 'x'])"))).toBe("0A000");
    expect(await sqlstateOfQuery(install("public.together(username)"))).toBe("42803");
  });

  test("a subscribed table gets triggers that fire for the apply worker too", async () => {
    const users = await syncedTable({
      major,
      script: `${USERS}
        CREATE SUBSCRIPTION feed CONNECTION 'dbname=nowhere' PUBLICATION all_of_it WITH (connect = false, slot_name = NONE);
        SET allow_system_table_mods = on;
        INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate)
        SELECT oid, 'users'::regclass, 'r' FROM pg_subscription WHERE subname = 'feed';
        RESET allow_system_table_mods;`,
      sync: LOWER,
    });
    await users.query("SET session_replication_role = replica");
    await users.query("INSERT INTO users (id, username) VALUES (1, 'Applied')");
    await users.query("UPDATE users SET username = username || '!'");
    expect(await rows(users)).toEqual([["Applied!", "applied!"]]);
    expect(await users.query("SELECT DISTINCT tgenabled FROM pg_trigger WHERE tgrelid = 'users'::regclass")).toEqual([
      { tgenabled: "A" },
    ]);
    await users.query("RESET session_replication_role; DROP SUBSCRIPTION feed");
  });
});
