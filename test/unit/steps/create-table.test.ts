import { beforeAll, describe, expect, test } from "vitest";
import { createTableStep } from "../../../src/steps/create-table.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { execute, expectReversible, lowered, publicCatalog, statementsOf, withSession } from "./execute-drafts.ts";

beforeAll(loadParser);

const SHOP = "CREATE TABLE customers (id bigint PRIMARY KEY); CREATE TABLE addresses (id bigint PRIMARY KEY)";
const REFUNDS = {
  table: "refunds",
  columns: {
    id: { type: "bigint", identity: "always" },
    order_id: { type: "bigint", nullable: false, unique: true },
    customer_id: { type: "bigint", references: { table: "customers", on_delete: "cascade" } },
    address_id: { type: "bigint", references: { table: "addresses" } },
    parent: { type: "bigint", references: { table: "refunds" }, comment: "the one that it's a part of" },
    "Amount cents": { type: "int", nullable: false, default: 0, check: '"Amount cents" >= 0' },
    state: { type: "text", default: "'in progress'", collation: '"C"' },
    doubled: { type: "int", generated: { expression: '"Amount cents" * 2' } },
    created_at: { type: "timestamptz", nullable: false, default: "now()" },
  },
  primary_key: ["id"],
  unique: [{ columns: ["customer_id", "state"], include: ["order_id"], deferrable: true }],
  checks: [{ name: "sane", check: "state is not null or doubled > 0" }],
  comment: "money that went back",
};

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a table with its constraints and comments is one transaction, which locks only what it references", async () => {
    const database = await testDatabase({ major, script: SHOP });
    await withSession(database, async (session) => {
      const { expand = [], losses } = await lowered(session, createTableStep, "expand", REFUNDS);
      expect(statementsOf(expand)).toEqual([
        [
          `CREATE TABLE public.refunds (
  id bigint GENERATED ALWAYS AS IDENTITY,
  order_id bigint NOT NULL,
  customer_id bigint,
  address_id bigint,
  parent bigint,
  "Amount cents" int DEFAULT 0 NOT NULL,
  state text COLLATE "C" DEFAULT ('in progress'),
  doubled int GENERATED ALWAYS AS ("Amount cents" * 2) STORED,
  created_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT refunds_pkey PRIMARY KEY (id),
  CONSTRAINT refunds_order_id_key UNIQUE (order_id),
  CONSTRAINT refunds_customer_id_state_order_id_key UNIQUE (customer_id, state) INCLUDE (order_id) DEFERRABLE,
  CONSTRAINT "refunds_Amount cents_check" CHECK ("Amount cents" >= 0),
  CONSTRAINT sane CHECK (state is not null or doubled > 0),
  CONSTRAINT refunds_address_id_fkey FOREIGN KEY (address_id) REFERENCES public.addresses (id),
  CONSTRAINT refunds_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers (id) ON DELETE CASCADE,
  CONSTRAINT refunds_parent_fkey FOREIGN KEY (parent) REFERENCES public.refunds (id)
)`,
          "COMMENT ON TABLE public.refunds IS 'money that went back'",
          "COMMENT ON COLUMN public.refunds.parent IS 'the one that it''s a part of'",
        ],
      ]);
      await expectReversible(session, expand);
      await execute(session, expand);
      await session.query("INSERT INTO refunds (order_id) VALUES (7)");
      const [loss] = losses ?? [];
      expect((await session.query(loss?.count ?? "")).rows).toEqual([{ count: "1" }]);
      expect((await session.query(loss?.sample ?? "")).rows).toEqual([{ concat_ws: "1" }]);
      expect(loss?.flag).toBe("--drop-data");
    });
  });

  test("the catalog after it is what the server then has", async () => {
    const database = await testDatabase({ major, script: SHOP });
    await withSession(database, async (session) => {
      const forecast = createTableStep.after(createTableStep.fields.parse(REFUNDS), await publicCatalog(session));
      const { expand = [] } = await lowered(session, createTableStep, "expand", REFUNDS);
      await execute(session, expand);
      const found = (await publicCatalog(session)).tables["public.refunds"];
      const table = forecast.tables["public.refunds"];
      const names = (items: readonly { name: string }[] | undefined) =>
        (items ?? []).map(({ name }) => name).toSorted();
      expect(names(table?.indexes)).toEqual(names(found?.indexes));
      expect(names(table?.constraints)).toEqual(names(found?.constraints.filter(({ kind }) => kind !== "not null")));
      expect(table?.columns.map(({ name, notNull }) => [name, notNull])).toEqual(
        found?.columns.map(({ name, notNull }) => [name, notNull]),
      );
      expect(forecast.relationNames).toContain("public.refunds");
      expect(forecast.relationNames).toContain("public.refunds_pkey");
    });
  });

  test("a partitioned table", async () => {
    const database = await testDatabase({ major });
    await withSession(database, async (session) => {
      const fields = {
        table: "Log",
        columns: { at: { type: "date" }, id: { type: "bigint" } },
        primary_key: ["id", "at"],
        partition_by: { method: "range", columns: ["at"] },
      };
      const { expand = [] } = await lowered(session, createTableStep, "expand", fields);
      expect(statementsOf(expand)[0]).toEqual([
        'CREATE TABLE public."Log" (\n  at date,\n  id bigint,\n  CONSTRAINT "Log_pkey" PRIMARY KEY (id, at)\n) PARTITION BY RANGE (at)',
      ]);
      await expectReversible(session, expand);
      await expect(lowered(session, createTableStep, "expand", { ...fields, primary_key: ["id"] })).rejects.toThrow(
        "what is unique in partitioned table public.Log must include its partition key: at",
      );
    });
  });
});

test("what can't be is refused before anything runs", async () => {
  const database = await testDatabase({ script: `${SHOP}; CREATE VIEW v AS SELECT 1` });
  await withSession(database, async (session) => {
    const refusal = (fields: object): Promise<string> =>
      lowered(session, createTableStep, "expand", { table: "t", columns: { a: { type: "int" } }, ...fields }).then(
        () => "taken",
        (error: Error) => error.message,
      );
    expect(await refusal({ table: "v" })).toBe("the name public.v is taken by another relation");
    expect(await refusal({ columns: { a: { type: "int", identity: "always", default: 1 } } })).toBe(
      "public.t.a can have only one of default, identity and generated",
    );
    expect(await refusal({ columns: { a: { type: "int", nullable: true } }, primary_key: ["a"] })).toBe(
      "public.t.a can't be nullable: a primary key or an identity is not",
    );
    expect(await refusal({ checks: [{ check: "b > 1" }] })).toContain("b");
    expect(await refusal({ primary_key: ["b"] })).toContain("column public.t.b does not exist");
  });
});
