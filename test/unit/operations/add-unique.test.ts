import { beforeAll, expect, test } from "vitest";
import { addForeignKey } from "../../../src/operations/add-foreign-key.ts";
import { addUnique } from "../../../src/operations/add-unique.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

test("add_unique builds in the backfill, and a foreign key may then reference it", () => {
  const fields = addUnique.fields.parse({ table: "customers", columns: ["email"] });
  expect(addUnique.compile(fields, shopCatalog())).toEqual({
    expand: [],
    backfill: [{ kind: "add_unique", fields: { table: "customers", columns: ["email"], name: "customers_email_key" } }],
    contract: [],
  });
  const after = addUnique.after(fields, shopCatalog());
  expect(after.relationNames).toContain("public.customers_email_key");
  const key = addForeignKey.fields.parse({
    table: "orders",
    columns: ["status"],
    references: { table: "customers", columns: ["email"] },
  });
  expect(addForeignKey.compile(key, after).backfill.length).toBe(1);
  expect(() => addForeignKey.compile(key, shopCatalog())).toThrow("has no unique constraint");
});
