import { beforeAll, describe, expect, test } from "vitest";
import { dropIndexStep } from "../../../src/steps/drop-index.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { execute, expectReversible, lowered, snapshot, statementsOf, undo, withSession } from "./execute-drafts.ts";
import { PARTITIONED_EVENTS } from "./partitioned-events.ts";

beforeAll(loadParser);

const PLAIN = `
  CREATE TABLE orders (id bigint PRIMARY KEY, status text, "Note" text);
  CREATE UNIQUE INDEX "by status ON x USING y" ON orders (status DESC, lower("Note")) WHERE status <> 'done';
  COMMENT ON INDEX "by status ON x USING y" IS 'the queue'`;

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("an index is dropped concurrently, and built again concurrently on the way back", async () => {
    const database = await testDatabase({ major, script: PLAIN });
    await withSession(database, async (session) => {
      const { cutover = [] } = await lowered(session, dropIndexStep, "contract", {
        table: "orders",
        name: "by status ON x USING y",
      });
      expect(statementsOf(cutover)).toEqual(['DROP INDEX CONCURRENTLY IF EXISTS public."by status ON x USING y"']);
      expect(statementsOf(cutover[0]?.undo ?? [])).toEqual([
        `CREATE UNIQUE INDEX CONCURRENTLY "by status ON x USING y" ON public.orders USING btree (status DESC, lower("Note")) WHERE (status <> 'done'::text)`,
        [`COMMENT ON INDEX public."by status ON x USING y" IS 'the queue'`],
      ]);
      await expectReversible(session, cutover);
    });
  });

  test("an index of a partitioned table comes back with all its parts under their names", async () => {
    const database = await testDatabase({
      major,
      script: `${PARTITIONED_EVENTS}; CREATE INDEX events_by_id ON events (id); ALTER INDEX events_2026_a_id_idx RENAME TO "Its own"`,
    });
    await withSession(database, async (session) => {
      const { cutover = [], warnings } = await lowered(session, dropIndexStep, "contract", {
        table: "events",
        name: "events_by_id",
      });
      expect(statementsOf(cutover)).toEqual([["DROP INDEX IF EXISTS public.events_by_id"]]);
      expect(warnings?.[0]).toContain(
        "its drop asks for ACCESS EXCLUSIVE on public.events and all its partitions at once",
      );
      const before = await snapshot(session);
      await execute(session, cutover);
      expect(await snapshot(session)).not.toEqual(before);
      await undo(session, cutover);
      expect(await snapshot(session)).toEqual(before);
    });
  });
});

test("an index that something stands on is refused", async () => {
  const database = await testDatabase({
    script: `${PLAIN}; ${PARTITIONED_EVENTS};
      CREATE INDEX events_by_id ON events (id);
      ALTER TABLE orders CLUSTER ON orders_pkey;
      CREATE TABLE t (a int NOT NULL, b int); CREATE UNIQUE INDEX t_a ON t (a); ALTER TABLE t REPLICA IDENTITY USING INDEX t_a;
      CREATE INDEX t_b ON t (b); ALTER TABLE t CLUSTER ON t_b`,
  });
  await withSession(database, async (session) => {
    const refusal = (table: string, name: string): Promise<string> =>
      lowered(session, dropIndexStep, "contract", { table, name }).then(
        () => "taken",
        (error: Error) => error.message,
      );
    expect(await refusal("orders", "orders_pkey")).toBe(
      "index public.orders_pkey stands behind constraint orders_pkey: drop the constraint instead",
    );
    expect(await refusal("t", "t_a")).toContain("is the replica identity of public.t");
    expect(await refusal("t", "t_b")).toContain("is the one that public.t is clustered on");
    expect(await refusal("t", "t_c")).toBe("index t_c of public.t does not exist; the table has t_a, t_b");
    expect(await refusal("events_2025", "events_2025_id_idx")).toContain("a partition");
  });
});
