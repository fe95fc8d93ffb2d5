import { beforeAll, expect, test } from "vitest";
import { setDefault } from "../../../src/operations/set-default.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

const status = setDefault.fields.parse({ table: "orders", column: "status", default: "'new'" });

test("a column gets its default before the new version comes", () => {
  expect(setDefault.compile(status, shopCatalog())).toEqual({
    expand: [{ kind: "set_default", fields: status }],
    backfill: [],
    contract: [],
  });
  expect(() => setDefault.compile({ ...status, column: "nothing" }, shopCatalog())).toThrow(
    "column public.orders.nothing does not exist",
  );
});

test("the inverse is the default that the column had, or none", () => {
  expect(setDefault.inverse(status, shopCatalog())).toEqual({
    operations: [{ kind: "drop_default", fields: { table: "orders", column: "status" } }],
  });
  expect(setDefault.inverse({ ...status, default: 0 }, setDefault.after(status, shopCatalog()))).toEqual({
    operations: [{ kind: "set_default", fields: status }],
  });
});
