import { describe, expect, test } from "vitest";
import { partitionsOf } from "../../../src/steps/carry-family.ts";
import { requireTable } from "../../../src/steps/catalog-lookup.ts";
import { dropNotNullStatements } from "../../../src/steps/drop-not-null-statements.ts";
import { notNullNames } from "../../../src/steps/not-null-names.ts";
import { restoreNotNull } from "../../../src/steps/restore-not-null.ts";
import type { Session } from "../../../src/postgres/session.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { execute, publicCatalog, snapshot, statementsOf, withSession } from "./execute-drafts.ts";

/** Partitions that were tables first, at two levels, and one that was born as a partition. */
const FAMILY = `
  CREATE TABLE p (id int, "A" int NOT NULL) PARTITION BY RANGE (id);
  CREATE TABLE low (id int, "A" int NOT NULL);
  ALTER TABLE p ATTACH PARTITION low FOR VALUES FROM (0) TO (10);
  CREATE TABLE middle (id int, "A" int NOT NULL) PARTITION BY RANGE (id);
  CREATE TABLE below (id int, "A" int NOT NULL);
  ALTER TABLE middle ATTACH PARTITION below FOR VALUES FROM (10) TO (15);
  ALTER TABLE p ATTACH PARTITION middle FOR VALUES FROM (10) TO (20);
  CREATE TABLE born PARTITION OF p FOR VALUES FROM (20) TO (30);
  INSERT INTO p SELECT i, i FROM generate_series(0, 14) i;`;
const COMMENT = `COMMENT ON CONSTRAINT "low_A_not_null" ON low IS 'always there'`;

/** What the server says while it reads rows for a constraint. */
async function scansDuring(session: Session, work: () => Promise<void>): Promise<string[]> {
  const notices: string[] = [];
  await session.query("SET client_min_messages = debug1");
  const stop = session.onNotice(({ message }) => notices.push(message ?? ""));
  await work();
  stop();
  await session.query("RESET client_min_messages");
  return notices.filter((line) => line.startsWith("verifying"));
}

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  const script = major < 18 ? FAMILY : `${FAMILY} ${COMMENT}`;

  test("NOT NULL comes back on every partition under its own name, twice, without a scan under a strong lock", async () => {
    const database = await testDatabase({ major, script });
    await withSession(database, async (session) => {
      const before = await snapshot(session);
      const catalog = await publicCatalog(session);
      const table = requireTable(catalog, "p");
      for (const round of ["first", "second"]) {
        for (const statement of dropNotNullStatements(catalog, table, "A")) await session.query(statement);
        for (const [name, id] of Object.entries({ p: 1, low: 2, below: 10, born: 20 })) {
          await session.script(`BEGIN; INSERT INTO ${name} VALUES (${id}, NULL); ROLLBACK`);
        }
        const steps = restoreNotNull(table, "A", partitionsOf(catalog, table));
        await execute(session, steps.slice(0, -1));
        expect(await scansDuring(session, () => execute(session, steps.slice(-1)))).toEqual([]);
        expect(await snapshot(session), round).toEqual(before);
      }
      const [comment] = (
        await session.query("SELECT count(*)::int FROM pg_description WHERE description = 'always there'")
      ).rows;
      expect(comment).toEqual({ count: major < 18 ? 0 : 1 });
    });
  });

  test.runIf(major >= 18)("a constraint that was NOT VALID comes back so, without a scan", async () => {
    const database = await testDatabase({
      major,
      script:
        "CREATE TABLE t (a int); INSERT INTO t VALUES (NULL); ALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID",
    });
    await withSession(database, async (session) => {
      const before = await snapshot(session);
      const catalog = await publicCatalog(session);
      const table = requireTable(catalog, "t");
      for (const statement of dropNotNullStatements(catalog, table, "a")) await session.query(statement);
      const steps = restoreNotNull(table, "a", []);
      expect(statementsOf(steps)).toEqual([["ALTER TABLE public.t ADD CONSTRAINT c NOT NULL a NOT VALID"]]);
      await execute(session, steps);
      expect(await snapshot(session)).toEqual(before);
    });
  });

  test.runIf(major >= 18)("the names of the dropped column's constraints go to its successor's", async () => {
    const database = await testDatabase({ major, script });
    await withSession(database, async (session) => {
      const names = async (): Promise<string[]> => {
        const { rows } = await session.query<{ name: string }>(
          `SELECT conrelid::regclass || ' ' || conname AS name FROM pg_constraint
            WHERE contype = 'n' AND connamespace = 'public'::regnamespace ORDER BY 1`,
        );
        return rows.map(({ name }) => name);
      };
      const before = await names();
      const catalog = await publicCatalog(session);
      // A partition that is made meanwhile is not known to the plan.
      await session.script(
        `ALTER TABLE p ADD COLUMN b int; UPDATE p SET b = "A"; ALTER TABLE p ADD CONSTRAINT "p_A_not_null1" NOT NULL b;
         ALTER TABLE p DROP COLUMN "A";
         CREATE TABLE late PARTITION OF p FOR VALUES FROM (30) TO (40); INSERT INTO late VALUES (30, 1)`,
      );
      const steps = notNullNames(catalog, requireTable(catalog, "p"), "A", "b", "1_test");
      const run = async (statements: readonly (string | readonly string[])[]): Promise<void> => {
        await session.transaction(async () => {
          for (const statement of statements.flat()) await session.query(statement);
        });
      };
      await run(statementsOf(steps.slice(0, -1)));
      expect(await scansDuring(session, () => run(statementsOf(steps.slice(-1))))).toEqual([]);
      expect(await names()).toEqual(["late p_A_not_null", ...before].toSorted());
    });
  });

  test("one name on all of them needs nothing more", async () => {
    const database = await testDatabase({
      major,
      script: "CREATE TABLE p (id int, a int NOT NULL) PARTITION BY LIST (id); CREATE TABLE q PARTITION OF p DEFAULT",
    });
    await withSession(database, async (session) => {
      const catalog = await publicCatalog(session);
      expect(notNullNames(catalog, requireTable(catalog, "p"), "a", "b", "1_test")).toEqual([]);
    });
  });
});
