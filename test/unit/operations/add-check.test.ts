import { beforeAll, expect, test } from "vitest";
import { addCheck } from "../../../src/operations/add-check.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

test("add_check validates in the backfill, under the name that PostgreSQL would choose", () => {
  const fields = addCheck.fields.parse({ table: "orders", check: "amount_cents >= 0" });
  expect(addCheck.compile(fields, shopCatalog())).toEqual({
    expand: [],
    backfill: [
      { kind: "add_check", fields: { table: "orders", check: "amount_cents >= 0", name: "orders_amount_cents_check" } },
    ],
    contract: [],
  });
  const after = addCheck.after(fields, shopCatalog());
  expect(() => addCheck.compile({ ...fields, name: "orders_amount_cents_check" }, after)).toThrow(
    "is taken by another constraint",
  );
});

test("an expression over a column that does not exist is refused", () => {
  const fields = addCheck.fields.parse({ table: "orders", check: "amount >= 0" });
  expect(() => addCheck.compile(fields, shopCatalog())).toThrow("amount");
});
