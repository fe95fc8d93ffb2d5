import { beforeAll, expect, test } from "vitest";
import { dropNotNull } from "../../../src/operations/drop-not-null.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

const amount = { table: "orders", column: "amount_cents" };

test("a column stops being required before the new version comes, and the old version is warned about", () => {
  expect(dropNotNull.compile(amount, shopCatalog())).toEqual({
    expand: [{ kind: "drop_not_null", fields: amount }],
    backfill: [],
    contract: [],
    warnings: [
      "the old version finds NULL in public.orders.amount_cents once the new one writes it: it must tolerate that",
    ],
  });
  expect(dropNotNull.inverse(amount, shopCatalog())).toEqual({
    operations: [{ kind: "set_not_null", fields: amount }],
  });
});

test("a column that is nullable already is refused, also if an earlier operation made it so", () => {
  expect(() => dropNotNull.compile({ ...amount, column: "status" }, shopCatalog())).toThrow(
    "public.orders.status is nullable already",
  );
  expect(() => dropNotNull.compile(amount, dropNotNull.after(amount, shopCatalog()))).toThrow("is nullable already");
});
