import { beforeAll, expect, test } from "vitest";
import { addForeignKey } from "../../../src/operations/add-foreign-key.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

test("add_foreign_key says in full what it references", () => {
  const fields = addForeignKey.fields.parse({
    table: "orders",
    columns: ["customer_id"],
    references: { table: "customers" },
  });
  expect(addForeignKey.compile(fields, shopCatalog())).toEqual({
    expand: [],
    backfill: [
      {
        kind: "add_foreign_key",
        fields: {
          table: "orders",
          columns: ["customer_id"],
          name: "orders_customer_id_fkey",
          references: { table: "customers", columns: ["id"] },
        },
      },
    ],
    contract: [],
  });
  expect(addForeignKey.after(fields, shopCatalog()).tables["public.orders"]?.constraints.at(-1)).toMatchObject({
    kind: "foreign key",
    definition: "FOREIGN KEY (customer_id) REFERENCES public.customers (id)",
  });
});

test("both tables are read, and both ends are worked on", () => {
  const fields = addForeignKey.fields.parse({
    table: "orders",
    columns: ["customer_id"],
    references: { table: "crm.customers", columns: ["id"] },
  });
  expect(addForeignKey.tables(fields, "public")).toEqual([
    { schema: "public", name: "orders" },
    { schema: "crm", name: "customers" },
  ]);
  expect(addForeignKey.touches(fields, "public")).toEqual([
    { table: { schema: "public", name: "orders" }, column: "customer_id" },
    { table: { schema: "crm", name: "customers" }, column: "id" },
  ]);
});
