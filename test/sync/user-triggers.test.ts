import { describe, expect, test } from "vitest";
import { MAJORS } from "../support/postgres.ts";
import { syncedTable, type SyncedTable } from "./synced-table.ts";

const USERS = `
  CREATE TABLE users (id int PRIMARY KEY, username text, note text, touched int NOT NULL DEFAULT 0);
  INSERT INTO users (id, username) VALUES (1, 'a'), (2, 'b');
  ALTER TABLE users ADD COLUMN handle text;`;
const RENAME = { table: "users", forward: { handle: "username" }, reverse: { username: "handle" } };

const trigger = (name: string, when: string, body: string): string => `
  CREATE FUNCTION "${name}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;
  CREATE TRIGGER "${name}" ${when} FOR EACH ROW EXECUTE FUNCTION "${name}"();`;

describe.each(MAJORS)("beside triggers of the application on PostgreSQL %i", (major) => {
  const rows = async (users: SyncedTable): Promise<unknown[]> =>
    (await users.query("SELECT username, handle FROM users ORDER BY id")).map((row) => Object.values(row));

  test("what a BEFORE trigger makes of the old or the new side is carried over, whatever it is called", async () => {
    const users = await syncedTable({
      major,
      script:
        USERS +
        trigger("zzz_last", "BEFORE INSERT OR UPDATE ON users", "NEW.username := lower(NEW.username); RETURN NEW;") +
        trigger("Erster", "BEFORE INSERT OR UPDATE ON users", "NEW.handle := btrim(NEW.handle); RETURN NEW;"),
      sync: RENAME,
    });
    await users.query("INSERT INTO users (id, username) VALUES (3, 'OLD')");
    await users.query("INSERT INTO users (id, handle) VALUES (4, ' New ')");
    await users.query("UPDATE users SET username = 'X' WHERE id = 1");
    await users.query("UPDATE users SET handle = ' y ' WHERE id = 2");
    expect(await rows(users)).toEqual([
      ["x", "x"],
      ["y", "y"],
      ["old", "old"],
      ["New", "New"],
    ]);
  });

  test("a BEFORE trigger that changes the old side under a fill is followed, not overruled", async () => {
    const users = await syncedTable({
      major,
      script:
        USERS + trigger("normalize", "BEFORE UPDATE ON users", "NEW.username := upper(NEW.username); RETURN NEW;"),
      sync: RENAME,
    });
    expect(await users.fill()).toBe(2);
    expect(await rows(users)).toEqual([
      ["A", "A"],
      ["B", "B"],
    ]);
    expect(await users.witnesses()).toEqual([]);
  });

  test("where it changes one pair under a fill, another pair's old side is left as it was written", async () => {
    const users = await syncedTable({
      major,
      script:
        USERS +
        trigger("normalize", "BEFORE UPDATE ON users", "NEW.username := upper(NEW.username); RETURN NEW;") +
        `UPDATE users SET note = 'two  spaces '; ALTER TABLE users ADD COLUMN words text[];`,
      sync: {
        table: "users",
        forward: { ...RENAME.forward, words: "regexp_split_to_array(btrim(note), '\\s+')" },
        reverse: { ...RENAME.reverse, note: "array_to_string(words, ' ')" },
      },
    });
    await users.query("UPDATE users SET username = 'x' WHERE id = 2");
    await users.query(
      "SET session_replication_role = replica; UPDATE users SET username = 'b', handle = NULL, words = NULL",
    );
    await users.fill();
    expect(await users.query("SELECT username, handle, note, words FROM users WHERE id = 1")).toEqual([
      { username: "B", handle: "B", note: "two  spaces ", words: ["two", "spaces"] },
    ]);
    expect(await users.mismatches()).toBe(0);
  });

  test("the fill of another plan is a write like any other: it fills a row that it moves", async () => {
    const users = await syncedTable({ major, script: USERS, sync: RENAME });
    await users.query("SET segue.filling = '2_other'");
    await users.query("UPDATE users SET note = 'filled' WHERE id = 1");
    await users.query("INSERT INTO users (id, username) VALUES (3, 'c')");
    expect(await rows(users)).toEqual([
      ["a", "a"],
      ["b", null],
      ["c", "c"],
    ]);
  });

  test("an update that an AFTER trigger makes inside a fill is the application's, and is synced", async () => {
    const users = await syncedTable({
      major,
      script: `${USERS}
        CREATE TABLE log (id int, handle text);
        ${trigger(
          "chain",
          "AFTER UPDATE ON users",
          `INSERT INTO log VALUES (NEW.id, NEW.handle);
           IF NEW.note IS NULL THEN UPDATE users SET note = 'chained', username = username || '!' WHERE id = NEW.id; END IF;
           RETURN NULL;`,
        )}`,
      sync: RENAME,
    });
    await users.fill();
    expect(await rows(users)).toEqual([
      ["a!", "a!"],
      ["b!", "b!"],
    ]);
    const log = await users.query("SELECT handle FROM log WHERE id = 1 ORDER BY handle");
    expect(log).toEqual([{ handle: "a" }, { handle: "a!" }]);
  });

  test("a row that an AFTER trigger inserts inside a fill is synced too", async () => {
    const users = await syncedTable({
      major,
      script:
        USERS +
        trigger(
          "copy",
          "AFTER UPDATE ON users",
          "INSERT INTO users (id, username) VALUES (NEW.id + 10, NEW.username || ' copy'); RETURN NULL;",
        ),
      sync: RENAME,
    });
    await users.fill();
    expect(await rows(users)).toEqual([
      ["a", "a"],
      ["b", "b"],
      ["a copy", "a copy"],
      ["b copy", "b copy"],
    ]);
  });

  test("inside an application's own trigger a write is synced as anywhere else", async () => {
    const users = await syncedTable({
      major,
      script: `${USERS}
        CREATE TABLE events (who int, name text);
        ${trigger("apply", "AFTER INSERT ON events", "UPDATE users SET username = NEW.name WHERE id = NEW.who; RETURN NULL;")}`,
      sync: RENAME,
    });
    await users.query("INSERT INTO events VALUES (1, 'from an event')");
    expect((await rows(users))[0]).toEqual(["from an event", "from an event"]);
  });
});
