import { beforeAll, expect, test } from "vitest";
import { setComment } from "../../../src/operations/set-comment.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

const compile = (fields: object) =>
  setComment.compile(setComment.fields.parse({ table: "orders", comment: "x", ...fields }), shopCatalog());

test("a comment comes at once; on what an earlier operation may build in the backfill, after that", () => {
  const table = { table: "orders", comment: "x" };
  expect(compile({})).toEqual({ expand: [{ kind: "set_comment", fields: table }], backfill: [], contract: [] });
  expect(compile({ column: "status" }).expand).toHaveLength(1);
  expect(compile({ index: "orders_pkey" })).toMatchObject({ expand: [], backfill: [{ kind: "set_comment" }] });
  expect(compile({ constraint: "orders_pkey" })).toMatchObject({ expand: [], backfill: [{ kind: "set_comment" }] });
});

test("what is not there is refused with what is", () => {
  expect(() => compile({ table: "nothing" })).toThrow("table public.nothing does not exist");
  expect(() => compile({ column: "nothing" })).toThrow("the table has id, customer_id");
  expect(() => compile({ index: "nothing" })).toThrow(
    "index nothing of public.orders does not exist; the table has orders_pkey",
  );
  expect(() => compile({ constraint: "nothing" })).toThrow("constraint nothing of public.orders does not exist");
  expect(() => compile({ column: "status", index: "orders_pkey" })).toThrow("only one of");
});

test("the inverse is the comment that stood before", () => {
  const second = { table: "orders", column: "status", comment: null };
  const before = setComment.after({ ...second, comment: "first" }, shopCatalog());
  expect(setComment.inverse(second, before)).toEqual({
    operations: [{ kind: "set_comment", fields: { ...second, comment: "first" } }],
  });
  const ofTable = { table: "orders", comment: "people's" };
  expect(setComment.inverse(ofTable, shopCatalog())).toEqual({
    operations: [{ kind: "set_comment", fields: { table: "orders", comment: null } }],
  });
  expect(setComment.inverse({ table: "gone", comment: "x" }, shopCatalog())).toHaveProperty("impossible");
});
