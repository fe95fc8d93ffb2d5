import { beforeAll, describe, expect, test } from "vitest";
import { addForeignKeyStep } from "../../../src/steps/add-foreign-key.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { execute, expectReversible, lowered, publicCatalog, statementsOf, withSession } from "./execute-drafts.ts";
import { PARTITIONED_EVENTS } from "./partitioned-events.ts";

beforeAll(loadParser);

const SHOP = `
  CREATE TABLE customers (id bigint PRIMARY KEY, email text);
  CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int, region text, place int);
  CREATE TABLE places (region text, place int, UNIQUE (place, region));
  CREATE UNIQUE INDEX some_emails ON customers (email) WHERE email <> '';
  INSERT INTO customers VALUES (1, 'a'); INSERT INTO orders VALUES (1, 1, NULL, NULL)`;

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a foreign key is added NOT VALID and validated in a transaction of its own", async () => {
    const database = await testDatabase({ major, script: SHOP });
    await withSession(database, async (session) => {
      const fields = {
        table: "orders",
        columns: ["customer_id"],
        references: { table: "customers", on_delete: "cascade" },
      };
      const { backfill = [], warnings } = await lowered(session, addForeignKeyStep, "backfill", fields);
      expect(statementsOf(backfill)).toEqual([
        [
          "ALTER TABLE public.orders ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers (id) ON DELETE CASCADE NOT VALID",
        ],
        ["ALTER TABLE public.orders VALIDATE CONSTRAINT orders_customer_id_fkey"],
      ]);
      expect(warnings).toEqual([
        "no index of public.orders begins with customer_id: a delete or a change of the key in public.customers will read the whole table",
        "public.orders.customer_id is integer, but public.customers.id is bigint",
      ]);
      await expectReversible(session, backfill);
    });
  });

  test("every clause of a foreign key arrives at the server", async () => {
    const database = await testDatabase({ major, script: SHOP });
    await withSession(database, async (session) => {
      const fields = {
        table: "orders",
        name: "at a place",
        columns: ["region", "place"],
        references: {
          table: "public.places",
          columns: ["region", "place"],
          match: "full",
          on_update: "set null",
          on_delete: "restrict",
          initially_deferred: true,
        },
      };
      const { backfill = [] } = await lowered(session, addForeignKeyStep, "backfill", fields);
      await execute(session, backfill);
      const found = (await publicCatalog(session)).tables["public.orders"]?.constraints.find(
        ({ name }) => name === "at a place",
      );
      expect(found).toMatchObject({
        definition:
          "FOREIGN KEY (region, place) REFERENCES public.places(region, place) MATCH FULL ON UPDATE SET NULL ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED",
        valid: true,
      });
    });
  });

  test("a table may reference itself, and a partitioned table may be referenced", async () => {
    const database = await testDatabase({
      major,
      script: `CREATE TABLE nodes (id bigint PRIMARY KEY, parent bigint);
        CREATE TABLE parts (id bigint PRIMARY KEY) PARTITION BY RANGE (id);
        CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10); INSERT INTO nodes VALUES (1, 1); INSERT INTO parts VALUES (1)`,
    });
    await withSession(database, async (session) => {
      for (const table of ["nodes", "parts"]) {
        const fields = { table: "nodes", columns: ["parent"], references: { table } };
        const { backfill = [] } = await lowered(session, addForeignKeyStep, "backfill", fields);
        await expectReversible(session, backfill);
      }
    });
  });

  test("a partitioned table takes one, reversibly after every step", async () => {
    const database = await testDatabase({
      major,
      script: `${PARTITIONED_EVENTS}; CREATE TABLE accounts (id bigint PRIMARY KEY); INSERT INTO accounts VALUES (1), (2)`,
    });
    await withSession(database, async (session) => {
      const fields = { table: "events", columns: ["account_id"], references: { table: "accounts" } };
      const { backfill = [] } = await lowered(session, addForeignKeyStep, "backfill", fields);
      await expectReversible(session, backfill);
      const scanned: string[] = [];
      await session.query("SET client_min_messages = debug1");
      const stop = session.onNotice(({ message }) => scanned.push(message ?? ""));
      // On 18 the leaves are validated first, before 18 they are adopted: the parent reads nothing.
      await execute(session, backfill.slice(0, -1));
      const before = scanned.filter((line) => line.startsWith("validating")).length;
      await execute(session, backfill.slice(-1));
      stop();
      expect(before).toBe(3);
      expect(scanned.filter((line) => line.startsWith("validating")).length).toBe(before);
      const { rows } = await session.query(
        "SELECT FROM pg_constraint WHERE conname = 'events_account_id_fkey' AND convalidated AND confrelid = 'accounts'::regclass",
      );
      expect(rows.length).toBe(5);
      await session.query("RESET client_min_messages");
      await expect(session.query("INSERT INTO events VALUES (9, '2025-06-06', 'a', 77)")).rejects.toMatchObject({
        code: "23503",
      });
    });
  });
});

test("what a foreign key can't reference is refused", async () => {
  const database = await testDatabase({ script: SHOP });
  await withSession(database, async (session) => {
    const refusal = async (columns: string[], references: Record<string, unknown>): Promise<string> =>
      lowered(session, addForeignKeyStep, "backfill", { table: "orders", columns, references }).then(
        () => "taken",
        (error: Error) => error.message,
      );
    expect(await refusal(["region"], { table: "customers", columns: ["email"] })).toBe(
      "public.customers (email) has no unique constraint: a foreign key can't reference it",
    );
    expect(await refusal(["region"], { table: "places" })).toBe(
      "public.places has no primary key: name the referenced columns",
    );
    expect(await refusal(["region", "place"], { table: "customers" })).toBe(
      "a foreign key of public.orders over 2 columns can't reference 1 of public.customers",
    );
    expect(await refusal(["nothing"], { table: "customers" })).toContain("column public.orders.nothing does not exist");
    expect(await refusal(["region"], { table: "nowhere" })).toBe("table public.nowhere does not exist");
  });
});
