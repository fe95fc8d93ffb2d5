import { beforeAll, describe, expect, test } from "vitest";
import { createIndexStep } from "../../../src/steps/create-index.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { execute, expectReversible, lowered, publicCatalog, withSession } from "./execute-drafts.ts";
import { PARTITIONED_EVENTS } from "./partitioned-events.ts";

beforeAll(loadParser);

const PLAIN = `CREATE TABLE orders (id bigint PRIMARY KEY, status text, note text, amount_cents int)`;
describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("an index of a table is one concurrent build, dropped concurrently on the way back", async () => {
    const database = await testDatabase({ major, script: PLAIN });
    await withSession(database, async (session) => {
      const { backfill = [] } = await lowered(session, createIndexStep, "backfill", {
        table: "orders",
        columns: ["status"],
      });
      expect(backfill).toEqual([
        {
          kind: "concurrent",
          title: "build index public.orders_status_idx on public.orders",
          table: { schema: "public", name: "orders" },
          statement: "CREATE INDEX CONCURRENTLY orders_status_idx ON public.orders USING btree (status)",
          probe: { expect: "index valid", index: { schema: "public", name: "orders_status_idx" } },
          locks: [{ relation: { schema: "public", name: "orders" }, mode: "SHARE UPDATE EXCLUSIVE" }],
          undo: [
            {
              id: "",
              kind: "concurrent",
              title: "drop index public.orders_status_idx",
              table: { schema: "public", name: "orders" },
              statement: "DROP INDEX CONCURRENTLY IF EXISTS public.orders_status_idx",
              probe: { expect: "index absent", index: { schema: "public", name: "orders_status_idx" } },
              locks: [
                { relation: { schema: "public", name: "orders" }, mode: "SHARE UPDATE EXCLUSIVE" },
                { relation: { schema: "public", name: "orders_status_idx" }, mode: "SHARE UPDATE EXCLUSIVE" },
              ],
            },
          ],
        },
      ]);
      await expectReversible(session, backfill);
    });
  });

  test("every clause of CREATE INDEX arrives at the server", async () => {
    const database = await testDatabase({ major, script: PLAIN });
    await withSession(database, async (session) => {
      const fields = {
        table: "orders",
        name: 'Orders by "status"',
        columns: [
          { column: "status", order: "desc", nulls: "last", opclass: "text_pattern_ops", collation: "C" },
          { expression: "lower(note)", collation: '"POSIX"' },
        ],
        unique: true,
        include: ["amount_cents"],
        with: { fillfactor: 70 },
        where: "status <> 'done' or note is null",
        comment: "it's the queue",
        ...(major >= 15 ? { nulls_not_distinct: true } : {}),
      };
      const { backfill = [] } = await lowered(session, createIndexStep, "backfill", fields);
      await expectReversible(session, backfill);
      await execute(session, backfill);
      const [index] =
        (await publicCatalog(session)).tables["public.orders"]?.indexes.filter(({ primary }) => !primary) ?? [];
      const nulls = major >= 15 ? " NULLS NOT DISTINCT" : "";
      expect(index).toMatchObject({
        definition: `CREATE UNIQUE INDEX "Orders by ""status""" ON public.orders USING btree (status COLLATE "C" text_pattern_ops DESC NULLS LAST, lower(note) COLLATE "POSIX") INCLUDE (amount_cents)${nulls} WITH (fillfactor='70') WHERE ((status <> 'done'::text) OR (note IS NULL))`,
        comment: "it's the queue",
        valid: true,
      });
    });
  });

  test("an index of a partitioned table is built leaf by leaf, and is reversible after every step", async () => {
    const database = await testDatabase({ major, script: PARTITIONED_EVENTS });
    await withSession(database, async (session) => {
      const { backfill = [] } = await lowered(session, createIndexStep, "backfill", {
        table: "events",
        columns: ["id"],
      });
      expect(
        backfill.map((draft) =>
          draft.kind === "concurrent"
            ? draft.statement
            : draft.kind === "transaction"
              ? draft.statements.filter((s) => !s.startsWith("DO"))
              : [],
        ),
      ).toEqual([
        ["CREATE INDEX events_id_idx ON ONLY public.events USING btree (id)"],
        [
          "CREATE INDEX events_2026_id_idx ON ONLY public.events_2026 USING btree (id)",
          "ALTER INDEX public.events_id_idx ATTACH PARTITION public.events_2026_id_idx",
        ],
        expect.stringContaining("CREATE INDEX CONCURRENTLY "),
        [expect.stringContaining("ATTACH PARTITION ")],
        expect.stringContaining("CREATE INDEX CONCURRENTLY "),
        [expect.stringContaining("ATTACH PARTITION ")],
        expect.stringContaining("CREATE INDEX CONCURRENTLY "),
        [expect.stringContaining("ATTACH PARTITION ")],
      ]);
      await expectReversible(session, backfill);
      await execute(session, backfill);
      const index = (await publicCatalog(session)).tables["public.events"]?.indexes[0];
      expect(index).toMatchObject({ name: "events_id_idx", valid: true });
      const { rows } = await session.query<{ name: string }>(
        "SELECT c.relname AS name FROM pg_partition_tree('events_id_idx') t JOIN pg_class c ON c.oid = t.relid ORDER BY 1",
      );
      expect(rows.map(({ name }) => name)).toEqual([
        'Events "2026" b_id_idx',
        "events_2025_id_idx",
        "events_2026_a_id_idx",
        "events_2026_id_idx",
        "events_id_idx",
      ]);
    });
  });

  test("a partition that was added after compilation stops the index before anything is built", async () => {
    const database = await testDatabase({ major, script: PARTITIONED_EVENTS });
    await withSession(database, async (session) => {
      const { backfill = [] } = await lowered(session, createIndexStep, "backfill", {
        table: "events",
        columns: ["id"],
      });
      await session.query(
        "CREATE TABLE events_2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
      );
      await expect(execute(session, backfill)).rejects.toThrow(
        "partition events_2027 was added after the plan was compiled",
      );
      expect((await publicCatalog(session)).tables["public.events"]?.indexes).toEqual([]);
    });
  });

  test("a partition that is added while the index is built gets its part from the server, and the whole becomes valid", async () => {
    const database = await testDatabase({ major, script: PARTITIONED_EVENTS });
    await withSession(database, async (session) => {
      const { backfill = [] } = await lowered(session, createIndexStep, "backfill", {
        table: "events",
        columns: ["id"],
      });
      await execute(session, backfill.slice(0, 3));
      await session.query(
        "CREATE TABLE events_2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
      );
      await execute(session, backfill.slice(3));
      expect((await publicCatalog(session)).tables["public.events"]?.indexes[0]?.valid).toBe(true);
    });
  });

  test("a unique index of a partitioned table needs the partition keys of every level", async () => {
    const database = await testDatabase({ major, script: PARTITIONED_EVENTS });
    await withSession(database, async (session) => {
      const fields = { table: "events", columns: ["id", "at"], unique: true };
      await expect(lowered(session, createIndexStep, "backfill", fields)).rejects.toThrow(
        "what is unique in partitioned table public.events must include its partition key: kind",
      );
      const whole = { ...fields, columns: ["id", "at", "kind"] };
      const { backfill = [] } = await lowered(session, createIndexStep, "backfill", whole);
      await expectReversible(session, backfill);
    });
  });
});

test("a name that the plan gives and that is taken is refused; a derived one gives way", async () => {
  const database = await testDatabase({ script: `${PLAIN}; CREATE VIEW orders_status_idx AS SELECT 1` });
  await withSession(database, async (session) => {
    const fields = { table: "orders", columns: ["status"] };
    await expect(
      lowered(session, createIndexStep, "backfill", { ...fields, name: "orders_status_idx" }),
    ).rejects.toMatchObject({
      code: "SEG0101",
      message: "the name orders_status_idx is taken by another relation in schema public",
    });
    const { backfill = [] } = await lowered(session, createIndexStep, "backfill", fields);
    expect(backfill[0]).toMatchObject({
      statement: expect.stringMatching(/CONCURRENTLY orders_status_idx_[0-9a-f]{8} ON/),
    });
  });
});

test("nulls_not_distinct is refused before 15", async () => {
  const [oldest = 14] = MAJORS;
  if (oldest >= 15) return;
  const database = await testDatabase({ major: oldest, script: PLAIN });
  await withSession(database, async (session) => {
    const fields = { table: "orders", columns: ["status"], unique: true, nulls_not_distinct: true };
    await expect(lowered(session, createIndexStep, "backfill", fields)).rejects.toThrow("needs PostgreSQL 15 or newer");
  });
});
