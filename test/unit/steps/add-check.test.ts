import { beforeAll, describe, expect, test } from "vitest";
import { addCheckStep } from "../../../src/steps/add-check.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { execute, expectReversible, lowered, publicCatalog, statementsOf, withSession } from "./execute-drafts.ts";
import { PARTITIONED_EVENTS } from "./partitioned-events.ts";

beforeAll(loadParser);

const PLAIN = `CREATE TABLE "Orders" (id bigint, "Amount" int, note text); INSERT INTO "Orders" VALUES (1, 5, 'x')`;

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a check is added NOT VALID and validated in a transaction of its own", async () => {
    const database = await testDatabase({ major, script: PLAIN });
    await withSession(database, async (session) => {
      const { backfill = [] } = await lowered(session, addCheckStep, "backfill", {
        table: "Orders",
        check: '"Amount" >= 0',
      });
      expect(statementsOf(backfill)).toEqual([
        ['ALTER TABLE public."Orders" ADD CONSTRAINT "Orders_Amount_check" CHECK ("Amount" >= 0) NOT VALID'],
        ['ALTER TABLE public."Orders" VALIDATE CONSTRAINT "Orders_Amount_check"'],
      ]);
      expect(backfill.map((draft) => (draft.kind === "transaction" ? [draft.patience, draft.scans] : []))).toEqual([
        ["short", false],
        ["long", true],
      ]);
      expect(backfill.map((draft) => statementsOf(draft.undo))).toEqual([
        [['ALTER TABLE public."Orders" DROP CONSTRAINT IF EXISTS "Orders_Amount_check"']],
        [],
      ]);
      await expectReversible(session, backfill);
      await execute(session, backfill);
      const table = (await publicCatalog(session)).tables["public.Orders"];
      expect(table?.constraints).toMatchObject([{ name: "Orders_Amount_check", valid: true, noInherit: false }]);
    });
  });

  test("a partitioned table is validated leaf by leaf", async () => {
    const database = await testDatabase({ major, script: PARTITIONED_EVENTS });
    await withSession(database, async (session) => {
      const fields = { table: "events", name: "positive", check: "id > 0 AND account_id > 0" };
      const { backfill = [] } = await lowered(session, addCheckStep, "backfill", fields);
      expect(backfill.length).toBe(5);
      await expectReversible(session, backfill);
      await execute(session, backfill);
      const { rows } = await session.query("SELECT FROM pg_constraint WHERE conname = 'positive' AND convalidated");
      expect(rows.length).toBe(5);
    });
  });

  test("a row that does not pass stops the validation, and the way back is open", async () => {
    const database = await testDatabase({ major, script: PLAIN });
    await withSession(database, async (session) => {
      const fields = { table: "Orders", check: '"Amount" > 5', no_inherit: true };
      const { backfill = [] } = await lowered(session, addCheckStep, "backfill", fields);
      await execute(session, backfill.slice(0, 1));
      await expect(execute(session, backfill.slice(1))).rejects.toMatchObject({ code: "23514" });
    });
  });
});

test("the catalog after it knows the check", async () => {
  const database = await testDatabase({ script: PLAIN });
  await withSession(database, async (session) => {
    const fields = { table: "Orders", check: '"Amount" > 5 or note is null' };
    const after = addCheckStep.after(fields, await publicCatalog(session));
    expect(after.tables["public.Orders"]?.constraints).toMatchObject([
      { name: "Orders_check", columns: ["Amount", "note"], definition: 'CHECK ("Amount" > 5 or note is null)' },
    ]);
    expect(() => addCheckStep.after({ ...fields, name: "Orders_check" }, after)).toThrow(
      "is taken by another constraint of public.Orders",
    );
  });
});
