import { beforeAll, describe, expect, test } from "vitest";
import { dropConstraintStep } from "../../../src/steps/drop-constraint.ts";
import { diffSnapshots } from "../../../src/postgres/snapshot-diff.ts";
import type { Session } from "../../../src/postgres/session.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { catalogOf as snapshotOf } from "../../support/catalog-diff.ts";
import { MAJORS, type TestDatabase, testDatabase } from "../../support/postgres.ts";
import { catalogOf, columnOf, constraintOf, dependentOf, indexOf, tableOf } from "./carry-catalog.ts";
import { execute, lowered, statementsOf, undo, withSession } from "./execute-drafts.ts";
import { lowerContext } from "./lower-context.ts";

beforeAll(loadParser);

const SCHEMA = `
  CREATE EXTENSION btree_gist;
  CREATE TABLE customers (id bigint PRIMARY KEY, email text, "E 2" text);
  CREATE TABLE orders (
    id bigint CONSTRAINT orders_pkey PRIMARY KEY, customer_id bigint, amount int, during int4range, "No." text,
    CONSTRAINT positive CHECK (amount > 0),
    CONSTRAINT "The customer" FOREIGN KEY (customer_id) REFERENCES customers ON DELETE SET NULL DEFERRABLE,
    CONSTRAINT once UNIQUE ("No.", customer_id) INCLUDE (amount) WITH (fillfactor = 70) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT no_overlap EXCLUDE USING gist (customer_id WITH =, during WITH &&) WHERE (amount > 1));
  ALTER TABLE orders ADD CONSTRAINT not_proven CHECK (amount < 1000) NO INHERIT NOT VALID;
  COMMENT ON CONSTRAINT positive ON orders IS 'it''s positive';
  COMMENT ON CONSTRAINT once ON orders IS 'a number is used once';
  COMMENT ON INDEX once IS 'and found by it';
  INSERT INTO customers SELECT n FROM generate_series(1, 20) n;
  INSERT INTO orders SELECT n, n, n + 1, int4range(n, n + 5), n FROM generate_series(1, 20) n`;

const PARTITIONED = `
  CREATE TABLE customers (id bigint PRIMARY KEY) PARTITION BY RANGE (id);
  CREATE TABLE customers_1 PARTITION OF customers FOR VALUES FROM (0) TO (1000);
  CREATE TABLE visits (id bigint, region int, who bigint, n int,
    CONSTRAINT visits_who FOREIGN KEY (who) REFERENCES customers,
    CONSTRAINT visits_once UNIQUE (id, region), CONSTRAINT visits_key PRIMARY KEY (region, id),
    CONSTRAINT near CHECK (region < 9)) PARTITION BY LIST (region);
  CREATE TABLE visits_0 PARTITION OF visits FOR VALUES IN (0);
  CREATE TABLE visits_rest PARTITION OF visits DEFAULT PARTITION BY LIST (region);
  CREATE TABLE visits_1 PARTITION OF visits_rest FOR VALUES IN (1);
  ALTER TABLE visits_0 RENAME CONSTRAINT visits_0_id_region_key TO "Its own";
  COMMENT ON CONSTRAINT near ON visits_1 IS 'near enough';
  INSERT INTO customers SELECT n FROM generate_series(1, 20) n;
  INSERT INTO visits SELECT n, n % 2, n FROM generate_series(1, 20) n`;

const dropped = (session: Session, table: string, name: string) =>
  lowered(session, dropConstraintStep, "contract", { table, name });

/** Drops it, checks the locks, and takes that back: nothing is left of it in the catalog. */
async function thereAndBack(database: TestDatabase, session: Session, table: string, name: string) {
  const before = await snapshotOf(database);
  const { cutover = [], losses = [], warnings = [] } = await dropped(session, table, name);
  await execute(session, cutover);
  expect(diffSnapshots(before, await snapshotOf(database))).not.toEqual([]);
  for (const { count, sample } of losses) {
    expect((await session.query<{ count: string }>(count)).rows[0]?.count).toBe("0");
    expect((await session.query(sample)).rows).toEqual([]);
  }
  await undo(session, cutover);
  expect(diffSnapshots(before, await snapshotOf(database))).toEqual([]);
  return { drop: statementsOf(cutover), back: statementsOf(cutover[0]?.undo ?? []), warnings };
}

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("each kind of constraint comes back as it was", async () => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (session) => {
      const go = (name: string) => thereAndBack(database, session, "orders", name);
      expect(await go("positive")).toEqual({
        drop: [["ALTER TABLE public.orders DROP CONSTRAINT positive"]],
        back: [
          ["ALTER TABLE public.orders ADD CONSTRAINT positive CHECK ((amount > 0)) NOT VALID"],
          ["ALTER TABLE public.orders VALIDATE CONSTRAINT positive"],
          ["COMMENT ON CONSTRAINT positive ON public.orders IS 'it''s positive'"],
        ],
        warnings: [],
      });
      expect((await go("not_proven")).back).toEqual([
        ["ALTER TABLE public.orders ADD CONSTRAINT not_proven CHECK ((amount < 1000)) NO INHERIT NOT VALID"],
      ]);
      const key = await go("The customer");
      expect(key.back).toEqual([
        [
          'ALTER TABLE public.orders ADD CONSTRAINT "The customer" FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE SET NULL DEFERRABLE NOT VALID',
        ],
        ['ALTER TABLE public.orders VALIDATE CONSTRAINT "The customer"'],
      ]);
      expect(key.warnings[0]).toContain("asks for ACCESS EXCLUSIVE on public.customers too");
      const unique = await go("once");
      expect(unique.back).toEqual([
        `CREATE UNIQUE INDEX CONCURRENTLY once ON public.orders USING btree ("No.", customer_id) INCLUDE (amount) WITH (fillfactor='70')`,
        ["ALTER TABLE public.orders ADD CONSTRAINT once UNIQUE USING INDEX once DEFERRABLE INITIALLY DEFERRED"],
        [
          "COMMENT ON CONSTRAINT once ON public.orders IS 'a number is used once'",
          "COMMENT ON INDEX public.once IS 'and found by it'",
        ],
      ]);
      expect(unique.warnings[0]).toContain("ON CONFLICT over No., customer_id fails");
      expect((await go("orders_pkey")).back).toEqual([
        "CREATE UNIQUE INDEX CONCURRENTLY orders_pkey ON public.orders USING btree (id)",
        ["ALTER TABLE public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_pkey"],
      ]);
      expect((await go("no_overlap")).warnings[1]).toContain("reads the whole table under ACCESS EXCLUSIVE");
    });
  });

  test.each(["near", "visits_once", "visits_key", "visits_who"])(
    "%s of a partitioned table comes back on every partition under its name",
    async (name) => {
      const database = await testDatabase({ major, script: PARTITIONED });
      await withSession(database, async (session) => {
        const { drop } = await thereAndBack(database, session, "visits", name);
        expect(drop).toEqual([[`ALTER TABLE public.visits DROP CONSTRAINT ${name}`]]);
      });
    },
  );

  test("a foreign key that a partition brought along keeps its name", async () => {
    const script = `${PARTITIONED};
      CREATE TABLE visits_2 (id bigint NOT NULL, region int NOT NULL, who bigint, n int, CONSTRAINT own_name FOREIGN KEY (who) REFERENCES customers, CONSTRAINT near CHECK (region < 9));
      ALTER TABLE visits_rest ATTACH PARTITION visits_2 FOR VALUES IN (2);
      COMMENT ON CONSTRAINT own_name ON visits_2 IS 'brought along'`;
    const database = await testDatabase({ major, script });
    await withSession(database, async (session) => {
      expect((await thereAndBack(database, session, "visits", "visits_who")).back).toContainEqual([
        "ALTER TABLE public.visits_2 RENAME CONSTRAINT visits_who TO own_name",
      ]);
    });
  });

  test("rows that it would not take are found before a reversal", async () => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (session) => {
      const names = ["positive", "The customer", "once", "orders_pkey"];
      const all: Awaited<ReturnType<typeof dropped>>[] = [];
      for (const name of names) all.push(await dropped(session, "orders", name));
      for (const { cutover = [] } of all) await execute(session, cutover);
      await session.query(
        "INSERT INTO orders VALUES (1, 1, -5, NULL, 1), (30, 99, 7, NULL, 30), (31, NULL, NULL, NULL, NULL), (32, NULL, 9, NULL, NULL)",
      );
      const found: unknown[] = [];
      for (const { losses = [] } of all) {
        for (const { count, sample, flag } of losses) {
          const rows = (await session.query<Record<string, string>>(sample)).rows;
          found.push([
            (await session.query<{ count: string }>(count)).rows[0]?.count,
            rows.map((row) => Object.values(row)[0]),
            flag,
          ]);
        }
      }
      expect(found).toEqual([
        ["1", ['{"id": 1}'], null],
        ["1", ['{"id": 30}'], null],
        ["1", ['["1", 1]'], null],
        ["1", ["[1]"], null],
      ]);
    });
  });

  test("what something stands on is refused, with the list", async () => {
    const database = await testDatabase({
      major,
      script: `${SCHEMA};
        CREATE TABLE notes (id bigint REFERENCES orders, up bigint);
        CREATE TABLE tree (id bigint PRIMARY KEY, up bigint REFERENCES tree, n int UNIQUE);
        CREATE VIEW totals AS SELECT id, amount, count(*) FROM orders GROUP BY id;
        ALTER TABLE tree ADD UNIQUE (id);
        ALTER TABLE tree CLUSTER ON tree_n_key;
        CREATE TABLE people (id bigint, CONSTRAINT adult CHECK (id > 17));
        CREATE TABLE staff () INHERITS (people);
        CREATE CONSTRAINT TRIGGER watched AFTER INSERT ON people FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
        CREATE TABLE replicated (id bigint NOT NULL UNIQUE);
        ALTER TABLE replicated REPLICA IDENTITY USING INDEX replicated_id_key`,
    });
    await withSession(database, async (session) => {
      const refusal = (table: string, name: string) =>
        dropped(session, table, name).then(
          () => "taken",
          (error: Error & { problems: readonly { message: string }[] }) =>
            [error.message, ...error.problems.map(({ message }) => message)].join("; "),
        );
      expect(await refusal("orders", "nothing")).toContain("constraint nothing of public.orders does not exist");
      expect(await refusal("orders", "orders_pkey")).toMatch(
        /can't be dropped: other things need it; constraint notes_id_fkey on table (public\.)?notes; rule _RETURN on view (public\.)?totals$/,
      );
      expect(await refusal("tree", "tree_pkey")).toContain("constraint tree_up_fkey on table");
      // The foreign key stands on the primary key, not on this one.
      expect(await refusal("tree", "tree_id_key")).toBe("taken");
      expect(await refusal("tree", "tree_n_key")).toContain("is what the table is clustered on");
      expect(await refusal("replicated", "replicated_id_key")).toContain("is the replica identity");
      expect(await refusal("people", "adult")).toContain("holds for tables that inherit too");
      expect(await refusal("staff", "adult")).toContain("is inherited: drop it on the table that it comes from");
      expect(await refusal("people", "watched")).toContain("is a constraint trigger");
    });
  });
});

test("18: a NOT NULL constraint and periods", async () => {
  const database = await testDatabase({
    major: 18,
    script: `CREATE EXTENSION btree_gist;
      CREATE TABLE rooms (id bigint CONSTRAINT has_id NOT NULL, valid daterange,
        CONSTRAINT rooms_key UNIQUE (id, valid WITHOUT OVERLAPS), CONSTRAINT small CHECK (id < 5) NOT ENFORCED)`,
  });
  await withSession(database, async (session) => {
    await expect(dropped(session, "rooms", "has_id")).rejects.toMatchObject({
      message: expect.stringContaining("is a NOT NULL constraint") as string,
      next: "Use drop_not_null: { table: rooms, column: id }.",
    });
    expect((await thereAndBack(database, session, "rooms", "rooms_key")).warnings[1]).toContain("ACCESS EXCLUSIVE");
    await thereAndBack(database, session, "rooms", "small");
  });
});

test("a published primary key and a column that the plan replaces are refused", () => {
  const key = constraintOf("primary key", "users_pkey", "PRIMARY KEY (id)", ["id"], { index: "users_pkey" });
  const check = constraintOf("check", "named", "CHECK ((name <> ''))", ["name"], { expression: "(name <> '')" });
  const definition = "CREATE UNIQUE INDEX users_pkey ON public.users USING btree (id)";
  const index = indexOf("users_pkey", definition, ["id"], { unique: true, primary: true, constraint: "users_pkey" });
  const table = tableOf("users", {
    columns: [columnOf("id", "bigint"), columnOf("name", "text")],
    constraints: [key, check],
    indexes: [index],
    dependents: [dependentOf("publication", "everything", [])],
  });
  const lower = (name: string, ...entries: NonNullable<Parameters<typeof lowerContext>[2]>) =>
    dropConstraintStep.lower({ table: "users", name }, lowerContext(catalogOf(18, table), "contract", entries));
  expect(() => lower("users_pkey")).toThrow("is the replica identity of a table in publication everything");
  expect(() => lower("named", ["contract", "drop_column", { table: "users", column: "name" }])).toThrow(
    "constraint named of public.users reads name, which this plan replaces or drops",
  );
  expect(lower("named").cutover).toHaveLength(1);
});
