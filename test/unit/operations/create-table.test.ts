import { beforeAll, expect, test } from "vitest";
import { factKey } from "../../../src/model/catalog.ts";
import { createTable } from "../../../src/operations/create-table.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

test("create_table stands in expand, and later operations see the table", () => {
  const fields = createTable.fields.parse({
    table: "refunds",
    columns: {
      id: { type: "bigint", identity: "always" },
      order_id: { type: "bigint", references: { table: "orders" } },
    },
    primary_key: ["id"],
  });
  expect(createTable.compile(fields, shopCatalog())).toEqual({
    expand: [{ kind: "create_table", fields }],
    backfill: [],
    contract: [],
  });
  expect(createTable.tables(fields, "public")).toEqual([
    { schema: "public", name: "refunds" },
    { schema: "public", name: "orders" },
  ]);
  const after = createTable.after(fields, shopCatalog());
  expect(after.tables["public.refunds"]?.columns.map(({ name, notNull }) => [name, notNull])).toEqual([
    ["id", true],
    ["order_id", false],
  ]);
  expect(() => createTable.compile(fields, after)).toThrow("the name public.refunds is taken by another relation");
});

test("a type is written in the catalog as the server writes it", () => {
  const fields = createTable.fields.parse({ table: "t", columns: { a: { type: "int" } } });
  const facts = { [factKey({ ask: "type", type: "int" })]: { type: "integer" } };
  expect(createTable.questions?.(fields, "public")).toEqual([{ ask: "type", type: "int" }]);
  expect(createTable.after(fields, { ...shopCatalog(), facts }).tables["public.t"]?.columns[0]?.type).toBe("integer");
});

test("a table without columns, or with an unknown clause, is not valid", () => {
  expect(createTable.fields.safeParse({ table: "t", columns: {} }).success).toBe(false);
  expect(createTable.fields.safeParse({ table: "t", columns: { a: { type: "int", primary: true } } }).success).toBe(
    false,
  );
});
