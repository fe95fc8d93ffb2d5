import { beforeAll, describe, expect, test } from "vitest";
import { addUniqueStep } from "../../../src/steps/add-unique.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { execute, expectReversible, lowered, publicCatalog, statementsOf, withSession } from "./execute-drafts.ts";
import { PARTITIONED_EVENTS } from "./partitioned-events.ts";

beforeAll(loadParser);

const PLAIN = "CREATE TABLE customers (id bigint, email text, region text); INSERT INTO customers VALUES (1, 'a', 'x')";

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a unique constraint takes over an index that was built concurrently", async () => {
    const database = await testDatabase({ major, script: PLAIN });
    await withSession(database, async (session) => {
      const { backfill = [] } = await lowered(session, addUniqueStep, "backfill", {
        table: "customers",
        columns: ["email"],
      });
      expect(statementsOf(backfill)).toEqual([
        "CREATE UNIQUE INDEX CONCURRENTLY customers_email_key ON public.customers USING btree (email)",
        ["ALTER TABLE public.customers ADD CONSTRAINT customers_email_key UNIQUE USING INDEX customers_email_key"],
      ]);
      expect(backfill.map((draft) => statementsOf(draft.undo))).toEqual([
        ["DROP INDEX CONCURRENTLY IF EXISTS public.customers_email_key"],
        [["ALTER TABLE public.customers DROP CONSTRAINT IF EXISTS customers_email_key"]],
      ]);
      await expectReversible(session, backfill);
    });
  });

  test("every clause of a unique constraint arrives at the server, as its catalog entry has it", async () => {
    const database = await testDatabase({ major, script: PLAIN });
    await withSession(database, async (session) => {
      const fields = {
        table: "customers",
        name: "Once",
        columns: ["email", "region"],
        include: ["id"],
        initially_deferred: true,
        ...(major >= 15 ? { nulls_not_distinct: true } : {}),
      };
      const catalog = await publicCatalog(session);
      const forecast = addUniqueStep.after(fields, catalog).tables["public.customers"];
      const { backfill = [] } = await lowered(session, addUniqueStep, "backfill", fields);
      await execute(session, backfill);
      const found = (await publicCatalog(session)).tables["public.customers"];
      expect(found?.constraints.filter(({ kind }) => kind === "unique")).toEqual(forecast?.constraints);
      const withoutSize = (index: object): object => ({ ...index, bytes: 0 });
      expect(found?.indexes.map(withoutSize)).toEqual(forecast?.indexes);
    });
  });

  test("a partitioned table takes one, reversibly after every step", async () => {
    const database = await testDatabase({ major, script: PARTITIONED_EVENTS });
    await withSession(database, async (session) => {
      const fields = { table: "events", columns: ["id", "at", "kind"], deferrable: true };
      const { backfill = [] } = await lowered(session, addUniqueStep, "backfill", fields);
      expect(statementsOf(backfill)[0]).toEqual([
        "ALTER TABLE ONLY public.events ADD CONSTRAINT events_id_at_kind_key UNIQUE (id, at, kind) DEFERRABLE",
        expect.stringContaining("DO $segue$"),
      ]);
      await expectReversible(session, backfill);
      await execute(session, backfill);
      const { rows } = await session.query(
        "SELECT FROM pg_constraint o JOIN pg_index i ON i.indexrelid = o.conindid WHERE contype = 'u' AND indisvalid AND condeferrable",
      );
      expect(rows.length).toBe(5);
    });
  });

  test("a duplicate stops the build, and the way back removes what it left", async () => {
    const database = await testDatabase({ major, script: `${PLAIN}; INSERT INTO customers VALUES (2, 'a', 'y')` });
    await withSession(database, async (session) => {
      const { backfill = [] } = await lowered(session, addUniqueStep, "backfill", {
        table: "customers",
        columns: ["email"],
      });
      await expect(execute(session, backfill)).rejects.toMatchObject({ code: "23505" });
      await execute(session, backfill[0]?.undo ?? []);
      expect((await publicCatalog(session)).tables["public.customers"]?.indexes).toEqual([]);
    });
  });
});
