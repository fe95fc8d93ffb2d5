import { beforeAll, describe, expect, test } from "vitest";
import { createIndex } from "../../../src/operations/create-index.ts";
import { dropIndex } from "../../../src/operations/drop-index.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { createIndexStep } from "../../../src/steps/create-index.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { execute, lowered, publicCatalog, withSession } from "../steps/execute-drafts.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

test("drop_index waits for contract, and refuses what stands behind a constraint", () => {
  const compile = (name: string) => dropIndex.compile({ table: "orders", name }, shopCatalog());
  expect(() => compile("orders_pkey")).toThrow("stands behind constraint orders_pkey");
  expect(() => compile("orders_note")).toThrow("does not exist; the table has orders_pkey");
});

const SCHEMA = `
  CREATE SCHEMA "odd.one"; CREATE COLLATION "odd.one"."C ""x""" FROM "C";
  CREATE TABLE orders (id bigint PRIMARY KEY, status text, "No." text, tags text[], at timestamptz);
  CREATE TABLE visits (id bigint, region int) PARTITION BY LIST (region);
  CREATE TABLE visits_0 PARTITION OF visits FOR VALUES IN (0)`;

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test.each([
    "CREATE INDEX i ON orders (status)",
    `CREATE UNIQUE INDEX i ON orders (status DESC, "No." NULLS FIRST) INCLUDE (at, "id") WITH (fillfactor = 70) WHERE status <> 'a (b) WHERE c'`,
    "CREATE INDEX i ON orders (lower(status) text_pattern_ops, (length(status) + 1) DESC NULLS LAST, at)",
    `CREATE INDEX i ON orders (status COLLATE "C", upper("No.") COLLATE "odd.one"."C ""x""" varchar_pattern_ops DESC)`,
    "CREATE INDEX i ON orders USING gin (tags) WITH (fastupdate = off)",
    `CREATE INDEX i ON orders ((CASE WHEN status = 'x' THEN "No." ELSE coalesce(status, '(') END))`,
    "CREATE INDEX i ON visits (region, id)",
    ...(major < 15 ? [] : ["CREATE UNIQUE INDEX i ON orders (at, status) NULLS NOT DISTINCT"]),
  ])("the inverse makes the same index again: %s", async (definition) => {
    const database = await testDatabase({
      major,
      script: `${SCHEMA}; ${definition}; COMMENT ON INDEX i IS 'it''s i'`,
    });
    await withSession(database, async (session) => {
      const table = definition.includes("visits") ? "visits" : "orders";
      const of = async () =>
        (await publicCatalog(session)).tables[`public.${table}`]?.indexes.find((i) => i.name === "i");
      const before = await of();
      const { operations = [] } = dropIndex.inverse({ table, name: "i" }, await publicCatalog(session));
      expect(operations).toHaveLength(1);
      await session.query("DROP INDEX i");
      const fields = createIndex.fields.parse(operations[0]?.fields);
      await execute(session, (await lowered(session, createIndexStep, "backfill", fields)).backfill ?? []);
      expect({ ...(await of()), bytes: 0 }).toEqual({ ...before, bytes: 0 });
    });
  });

  test("an index that no fields describe has no inverse", async () => {
    const database = await testDatabase({
      major,
      script: `CREATE EXTENSION pg_trgm; CREATE TABLE t (a text); CREATE INDEX i ON t USING gist (a gist_trgm_ops (siglen = 32))`,
    });
    await withSession(database, async (session) => {
      const inverse = (name: string) =>
        publicCatalog(session).then((before) => dropIndex.inverse({ table: "t", name }, before));
      expect((await inverse("i")).impossible).toContain(
        "index i of t can't be written as an operation: CREATE INDEX i",
      );
      expect((await inverse("gone")).impossible).toContain("not in the catalog of the time");
    });
  });
});
