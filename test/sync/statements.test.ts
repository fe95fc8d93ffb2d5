import { describe, expect, test } from "vitest";
import { MAJORS } from "../support/postgres.ts";
import { copyInto } from "./copy-into.ts";
import { syncedTable, type SyncedTable } from "./synced-table.ts";

const USERS = `
  CREATE TABLE users (id int PRIMARY KEY, username text NOT NULL, note text);
  INSERT INTO users VALUES (1, 'a'), (2, 'b');
  ALTER TABLE users ADD COLUMN handle text;`;
const RENAME = { table: "users", forward: { handle: "username" }, reverse: { username: "handle" } };

describe.each(MAJORS)("statements of both versions on PostgreSQL %i", (major) => {
  const renamed = async (): Promise<SyncedTable> => {
    const users = await syncedTable({ major, script: USERS, sync: RENAME });
    await users.fill();
    return users;
  };
  const rows = async (users: SyncedTable): Promise<unknown[]> =>
    (await users.query("SELECT id, username, handle FROM users ORDER BY id")).map((row) => Object.values(row));

  test("inserts and updates of many rows", async () => {
    const users = await renamed();
    await users.query("INSERT INTO users (id, username) SELECT i, 'old' || i FROM generate_series(11, 12) i");
    await users.query("INSERT INTO users (id, handle) VALUES (21, 'new21'), (22, 'new22')");
    await users.query("UPDATE users SET username = upper(username) WHERE id IN (11, 21)");
    await users.query("UPDATE users SET handle = handle || '!' FROM generate_series(12, 22, 10) i WHERE id = i");
    expect(await rows(users)).toEqual([
      [1, "a", "a"],
      [2, "b", "b"],
      [11, "OLD11", "OLD11"],
      [12, "old12!", "old12!"],
      [21, "NEW21", "NEW21"],
      [22, "new22!", "new22!"],
    ]);
  });

  test("INSERT … ON CONFLICT DO UPDATE", async () => {
    const users = await renamed();
    const upsert = (column: string, values: string, set: string): Promise<unknown> =>
      users.query(`INSERT INTO users (id, ${column}) VALUES ${values} ON CONFLICT (id) DO UPDATE SET ${set}`);
    await upsert("username", "(1, 'old'), (3, 'old')", "username = excluded.username");
    await upsert("handle", "(2, 'new'), (4, 'new')", "handle = excluded.handle");
    await upsert("username", "(4, 'older')", "username = users.username || '+' || excluded.username");
    await upsert("handle", "(3, 'x')", "note = 'seen'");
    expect(await rows(users)).toEqual([
      [1, "old", "old"],
      [2, "new", "new"],
      [3, "old", "old"],
      [4, "new+older", "new+older"],
    ]);
    await users.query("INSERT INTO users (id, handle) VALUES (1, 'y') ON CONFLICT DO NOTHING");
    expect((await rows(users))[0]).toEqual([1, "old", "old"]);
  });

  test.skipIf(major < 15)("MERGE", async () => {
    const users = await renamed();
    const merge = (column: string, from: string): Promise<unknown> =>
      users.query(`MERGE INTO users USING (VALUES ${from}) v (id, value) ON users.id = v.id
        WHEN MATCHED AND v.value = '' THEN DELETE
        WHEN MATCHED THEN UPDATE SET ${column} = v.value
        WHEN NOT MATCHED THEN INSERT (id, ${column}) VALUES (v.id, v.value)`);
    await merge("username", "(1, 'old'), (3, 'old')");
    await merge("handle", "(2, ''), (3, 'new'), (4, 'new')");
    expect(await rows(users)).toEqual([
      [1, "old", "old"],
      [3, "new", "new"],
      [4, "new", "new"],
    ]);
  });

  test("COPY by old and new versions, and of a dump with both sides", async () => {
    const users = await renamed();
    await copyInto(users.app, "users (id, username)", "11\told\n12\ttwo words\n");
    await copyInto(users.app, "users (id, handle)", "21\tnew\n");
    await copyInto(users.app, "users (id, username, handle)", "31\tboth\tboth\n32\told\tnew\n33\tonly\t\\N\n");
    expect((await rows(users)).slice(2)).toEqual([
      [11, "old", "old"],
      [12, "two words", "two words"],
      [21, "new", "new"],
      [31, "both", "both"],
      [32, "new", "new"],
      [33, "only", "only"],
    ]);
  });

  test("what writes past the triggers shows in the verification", async () => {
    const users = await renamed();
    expect(await users.mismatches()).toBe(0);
    await users.query("SET session_replication_role = replica");
    await users.query("INSERT INTO users (id, username) VALUES (3, 'c')");
    await users.query("UPDATE users SET username = 'x' WHERE id = 1");
    expect(await users.mismatches()).toBe(2);
  });

  test("writes inside functions, procedures and rolled-back savepoints", async () => {
    const users = await renamed();
    await users.query(`
      CREATE FUNCTION rename(who int, name text) RETURNS void LANGUAGE sql AS 'UPDATE users SET username = name WHERE id = who';
      CREATE PROCEDURE store(who int, name text) LANGUAGE plpgsql AS $$ BEGIN
        UPDATE users SET handle = name || '1' WHERE id = who; COMMIT;
        UPDATE users SET handle = name || '2' WHERE id = who; ROLLBACK;
      END $$`);
    await users.query("SELECT rename(1, 'by function')");
    await users.query("CALL store(2, 'by procedure')");
    await users.query("BEGIN; SAVEPOINT s; UPDATE users SET handle = 'lost'; ROLLBACK TO s; COMMIT");
    expect(await rows(users)).toEqual([
      [1, "by function", "by function"],
      [2, "by procedure1", "by procedure1"],
    ]);
  });

  test("updates of a row by two versions at the same time: the second sees what the first wrote", async () => {
    const users = await renamed();
    const other = await users.database.connect();
    await other.query("BEGIN; UPDATE users SET handle = 'new' WHERE id = 1");
    const waiting = users.query("UPDATE users SET username = username || ', then old' WHERE id = 1");
    await other.query("COMMIT");
    await waiting;
    expect((await rows(users))[0]).toEqual([1, "new, then old", "new, then old"]);
  });
});
