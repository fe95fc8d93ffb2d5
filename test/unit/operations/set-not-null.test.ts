import { beforeAll, expect, test } from "vitest";
import { setNotNull } from "../../../src/operations/set-not-null.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

test("without a fill, a column becomes NOT NULL when only the new version writes", () => {
  const fields = setNotNull.fields.parse({ table: "orders", column: "status" });
  expect(setNotNull.compile(fields, shopCatalog())).toEqual({
    expand: [],
    backfill: [],
    contract: [{ kind: "set_not_null", fields: { table: "orders", column: "status" } }],
  });
});

test("with a fill, it becomes NOT NULL before the new version runs", () => {
  const fields = setNotNull.fields.parse({ table: "orders", column: "status", fill: "'new'" });
  expect(setNotNull.compile(fields, shopCatalog())).toEqual({
    expand: [{ kind: "sync", fields: { table: "orders", fill: { status: "'new'" } } }],
    backfill: [
      { kind: "fill", fields: { table: "orders" } },
      { kind: "set_not_null", fields: { table: "orders", column: "status" } },
    ],
    contract: [{ kind: "drop_sync", fields: { table: "orders" } }],
  });
});

test("a column that is NOT NULL already is refused, also if an earlier operation made it so", () => {
  const status = setNotNull.fields.parse({ table: "orders", column: "status" });
  expect(() => setNotNull.compile({ ...status, column: "amount_cents" }, shopCatalog())).toThrow(
    "public.orders.amount_cents is NOT NULL already",
  );
  expect(() => setNotNull.compile(status, setNotNull.after(status, shopCatalog()))).toThrow("is NOT NULL already");
});
