import { beforeAll, describe, expect, test } from "vitest";
import { sqlStep } from "../../../src/steps/sql.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { expectReversible, lowered, statementsOf, withSession } from "./execute-drafts.ts";

beforeAll(loadParser);

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a script is one transaction, and its down another", async () => {
    const database = await testDatabase({ major });
    await withSession(database, async (session) => {
      const { expand = [] } = await lowered(session, sqlStep, "expand", {
        up: "CREATE TABLE t (a int); -- and\nCOMMENT ON TABLE t IS 'a;b';",
        down: "DROP TABLE t",
      });
      expect(expand).toEqual([
        {
          kind: "transaction",
          title: "CREATE TABLE t (a int) (and 1 more)",
          table: null,
          statements: ["CREATE TABLE t (a int)", "COMMENT ON TABLE t IS 'a;b'"],
          locks: [],
          patience: "short",
          scans: false,
          rewrites: false,
          undo: [
            {
              id: "",
              kind: "transaction",
              title: "DROP TABLE t",
              table: null,
              statements: ["DROP TABLE t"],
              locks: [],
              patience: "short",
              scans: false,
              rewrites: false,
            },
          ],
        },
      ]);
      await expectReversible(session, expand);
    });
  });

  test("a statement that can't be in a transaction splits the script, each with its probe", async () => {
    const database = await testDatabase({ major });
    await withSession(database, async (session) => {
      const { backfill = [] } = await lowered(session, sqlStep, "backfill", {
        up: `CREATE TABLE IF NOT EXISTS t (a int); CREATE INDEX CONCURRENTLY "T a" ON t (a); DROP INDEX CONCURRENTLY "T a"; VACUUM t`,
        down: "DROP TABLE t",
      });
      expect(statementsOf(backfill)).toEqual([
        ["CREATE TABLE IF NOT EXISTS t (a int)"],
        'CREATE INDEX CONCURRENTLY "T a" ON t (a)',
        'DROP INDEX CONCURRENTLY "T a"',
        "VACUUM t",
      ]);
      expect(backfill.map((draft) => (draft.kind === "concurrent" ? draft.probe : null))).toEqual([
        null,
        { expect: "index valid", index: { schema: "public", name: "T a" } },
        { expect: "index absent", index: { schema: "public", name: "T a" } },
        { expect: "unknown" },
      ]);
      expect(backfill.map((draft) => draft.undo.length)).toEqual([1, 0, 0, 0]);
      await expectReversible(session, backfill);
    });
  });
});

test("SQL without a way back says so", async () => {
  const database = await testDatabase();
  await withSession(database, async (session) => {
    const { cutover } = await lowered(session, sqlStep, "contract", { up: "SELECT 1" });
    expect(cutover?.[0]?.irreversible).toBe("the plan gives no `down` for this SQL");
    const harmless = await lowered(session, sqlStep, "contract", { up: "SELECT 1", down: "-- nothing to undo" });
    expect(harmless.cutover?.[0]).not.toHaveProperty("irreversible");
    expect(harmless.cutover?.[0]?.undo).toEqual([]);
  });
});

test("transaction: false runs statement by statement; transaction: true refuses what can't", async () => {
  const database = await testDatabase();
  await withSession(database, async (session) => {
    const two = "SELECT 1; SELECT 2";
    const { expand = [] } = await lowered(session, sqlStep, "expand", { up: two, transaction: false });
    expect(statementsOf(expand)).toEqual([["SELECT 1"], ["SELECT 2"]]);
    await expect(
      lowered(session, sqlStep, "expand", { up: "SELECT 1; VACUUM", transaction: true }),
    ).rejects.toMatchObject({
      code: "SEG0004",
      message: "VACUUM can't run in a transaction, which `transaction: true` asks for",
    });
  });
});

test("transaction control is refused: the step is the transaction", async () => {
  const database = await testDatabase();
  await withSession(database, async (session) => {
    await expect(lowered(session, sqlStep, "expand", { up: "BEGIN; SELECT 1; COMMIT" })).rejects.toMatchObject({
      code: "SEG0004",
    });
  });
});

test("a setting that would outlast its step is told", async () => {
  const database = await testDatabase();
  await withSession(database, async (session) => {
    const up = "SET LOCAL lock_timeout = '1s'; SET statement_timeout = 0; SELECT 1";
    const { warnings } = await lowered(session, sqlStep, "expand", { up });
    expect(warnings).toEqual(["SET statement_timeout = 0 stays in force for the steps after it: write SET LOCAL"]);
  });
});
