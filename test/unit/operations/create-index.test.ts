import { beforeAll, expect, test } from "vitest";
import { createIndex } from "../../../src/operations/create-index.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

test("create_index builds in the backfill, under the name that PostgreSQL would choose", () => {
  const fields = createIndex.fields.parse({
    table: "orders",
    columns: ["customer_id", { expression: "lower(status)" }],
  });
  expect(createIndex.compile(fields, shopCatalog())).toEqual({
    expand: [],
    backfill: [{ kind: "create_index", fields: { ...fields, name: "orders_customer_id_lower_idx" } }],
    contract: [],
  });
});

test("a later operation of the plan sees the index", () => {
  const fields = createIndex.fields.parse({
    table: "orders",
    columns: [{ column: "status", order: "desc" }],
    where: "status <> 'done'",
  });
  const after = createIndex.after(fields, shopCatalog());
  expect(after.tables["public.orders"]?.indexes.at(-1)).toMatchObject({
    name: "orders_status_idx",
    definition: "CREATE INDEX orders_status_idx ON public.orders USING btree (status DESC) WHERE (status <> 'done')",
    columns: ["status"],
  });
  // A second one of the same columns gives way.
  expect(createIndex.compile(fields, after).backfill[0]?.fields["name"]).toMatch(/^orders_status_idx_[0-9a-f]{8}$/);
  expect(() => createIndex.compile({ ...fields, name: "orders_status_idx" }, after)).toThrow("is taken");
});

test("an index over an expression or with a predicate works on the whole table, for the overlap of plans", () => {
  const plain = createIndex.fields.parse({ table: "orders", columns: ["status"], include: ["id"] });
  const table = { schema: "public", name: "orders" };
  expect(createIndex.touches(plain, "public")).toEqual([
    { table, column: "status" },
    { table, column: "id" },
  ]);
  expect(createIndex.touches({ ...plain, where: "id > 1" }, "public")).toEqual([{ table, column: null }]);
});
