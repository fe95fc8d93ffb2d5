import { describe, expect, test } from "vitest";
import { consistentRead } from "../../../src/postgres/consistent-read.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { withSession } from "./with-session.ts";

const KEY = "SELECT pg_get_constraintdef(oid) AS key FROM pg_constraint WHERE conname = 't_pkey'";

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a catalog from which somebody drops a table meanwhile is read again", async () => {
    const database = await testDatabase({ major, script: "CREATE TABLE t (a int PRIMARY KEY)" });
    const seen: unknown[] = [];
    const read = await withSession(database, (session) =>
      consistentRead(session, async () => {
        seen.push((await session.query("SELECT count(*)::int AS tables FROM pg_class WHERE relname = 't'")).rows[0]);
        if (seen.length === 1) await database.query("DROP TABLE t");
        return (await session.query(KEY)).rows;
      }),
    );
    // By its snapshot the first attempt still sees the constraint, whose columns are gone.
    expect(seen).toEqual([{ tables: 1 }, { tables: 0 }]);
    expect(read).toEqual([]);
  });

  test("in an open transaction, too, which goes on; what fails again and again, or otherwise, fails", async () => {
    const database = await testDatabase({ major });
    const raise = (sqlstate: string, message: string): string =>
      `DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '${sqlstate}', MESSAGE = '${message}'; END $$`;
    await withSession(database, async (session) => {
      await session.query("BEGIN");
      await session.query("SET LOCAL search_path = pg_catalog, public");
      let attempts = 0;
      const read = await consistentRead(session, async () => {
        attempts += 1;
        if (attempts === 1)
          await session.query(raise("XX000", "cache lookup failed for attribute 1 of relation 17364"));
        return attempts;
      });
      expect(read).toBe(2);
      expect((await session.query("SHOW search_path")).rows).toEqual([{ search_path: "pg_catalog, public" }]);
      await session.query("COMMIT");

      let tries = 0;
      const failing = (sqlstate: string, message: string): Promise<unknown> =>
        consistentRead(session, async () => {
          tries += 1;
          await session.query(raise(sqlstate, message));
        });
      await expect(failing("XX000", "could not open relation with OID 1")).rejects.toThrow("could not open relation");
      expect(tries).toBe(5);
      await expect(failing("XX000", "something else")).rejects.toThrow("something else");
      await expect(failing("42P01", "cache lookup failed")).rejects.toThrow("cache lookup failed");
      expect(tries).toBe(7);
    });
  });
});
