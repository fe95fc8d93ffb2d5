import { beforeAll, describe, expect, test } from "vitest";
import { addPrimaryKeyStep } from "../../../src/steps/add-primary-key.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { execute, expectReversible, lowered, publicCatalog, statementsOf, withSession } from "./execute-drafts.ts";
import { PARTITIONED_EVENTS } from "./partitioned-events.ts";

beforeAll(loadParser);

const PLAIN = `
  CREATE TABLE "Lines" (order_id bigint NOT NULL, "No" int NOT NULL, note text);
  INSERT INTO "Lines" VALUES (1, 1, 'a'), (1, 2, 'b')`;

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a primary key takes over an index that was built concurrently", async () => {
    const database = await testDatabase({ major, script: PLAIN });
    await withSession(database, async (session) => {
      const fields = { table: '"Lines"', columns: ["order_id", "No"] };
      const { backfill = [] } = await lowered(session, addPrimaryKeyStep, "backfill", fields);
      expect(statementsOf(backfill)).toEqual([
        'CREATE UNIQUE INDEX CONCURRENTLY "Lines_pkey" ON public."Lines" USING btree (order_id, "No")',
        ['ALTER TABLE public."Lines" ADD CONSTRAINT "Lines_pkey" PRIMARY KEY USING INDEX "Lines_pkey"'],
      ]);
      expect(backfill.map((draft) => statementsOf(draft.undo))).toEqual([
        ['DROP INDEX CONCURRENTLY IF EXISTS public."Lines_pkey"'],
        [['ALTER TABLE public."Lines" DROP CONSTRAINT IF EXISTS "Lines_pkey"']],
      ]);
      await expectReversible(session, backfill);
    });
  });

  test("what the plan expects of the catalog is what the server has", async () => {
    const database = await testDatabase({ major, script: PLAIN });
    await withSession(database, async (session) => {
      const fields = { table: '"Lines"', columns: ["No", "order_id"], name: "lines_key" };
      const forecast = addPrimaryKeyStep.after(fields, await publicCatalog(session)).tables["public.Lines"];
      const { backfill = [] } = await lowered(session, addPrimaryKeyStep, "backfill", fields);
      await execute(session, backfill);
      const found = (await publicCatalog(session)).tables["public.Lines"];
      expect(found?.constraints.filter(({ kind }) => kind === "primary key")).toEqual(
        forecast?.constraints.filter(({ kind }) => kind === "primary key"),
      );
      expect(found?.indexes.map((index) => ({ ...index, bytes: 0 }))).toEqual(forecast?.indexes);
    });
  });

  test("a partitioned table takes one, reversibly after every step", async () => {
    const script = `${PARTITIONED_EVENTS}; ALTER TABLE events ALTER kind SET NOT NULL`;
    const database = await testDatabase({ major, script });
    await withSession(database, async (session) => {
      const fields = { table: "events", columns: ["id", "at", "kind"] };
      const { backfill = [] } = await lowered(session, addPrimaryKeyStep, "backfill", fields);
      await expectReversible(session, backfill);
      await execute(session, backfill);
      const { rows } = await session.query<{ name: string }>(
        `SELECT conname AS name FROM pg_constraint o JOIN pg_index i ON i.indexrelid = o.conindid
          WHERE contype = 'p' AND indisvalid AND connamespace = 'public'::regnamespace ORDER BY 1`,
      );
      expect(rows.map(({ name }) => name)).toEqual([
        'Events "2026" b_pkey',
        "events_2025_pkey",
        "events_2026_a_pkey",
        "events_2026_pkey",
        "events_pkey",
      ]);
    });
  });

  test("a table with a key, a column that may be NULL, and one that is not there are refused", async () => {
    const script = `${PLAIN}; CREATE TABLE keyed (id int PRIMARY KEY, other int NOT NULL)`;
    const database = await testDatabase({ major, script });
    await withSession(database, async (session) => {
      const refused = async (fields: object): Promise<unknown> =>
        await lowered(session, addPrimaryKeyStep, "backfill", fields).catch((error: unknown) => error);
      expect(await refused({ table: "keyed", columns: ["other"] })).toMatchObject({
        code: "SEG0101",
        message: "public.keyed has a primary key already: keyed_pkey (id)",
        next: "change_primary_key makes other columns the key.",
      });
      expect(await refused({ table: '"Lines"', columns: ["note"] })).toMatchObject({
        code: "SEG0101",
        message: "public.Lines.note is not NOT NULL: a primary key would read the whole table for the proof",
      });
      expect(await refused({ table: '"Lines"', columns: ["No", "No"] })).toMatchObject({ code: "SEG0101" });
      expect(await refused({ table: '"Lines"', columns: ["no"] })).toMatchObject({ code: "SEG0101" });
      expect(await refused({ table: '"Lines"', columns: ["No"], name: "keyed" })).toMatchObject({
        message: "the name keyed is taken by another relation in schema public",
      });
    });
  });
});
