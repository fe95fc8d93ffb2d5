import { beforeAll, expect, test } from "vitest";
import { renameConstraint } from "../../../src/operations/rename-constraint.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

const fields = { table: "orders", from: "orders_pkey", to: "Orders Key" };

test("a constraint changes its name at once, and back", () => {
  expect(renameConstraint.compile(fields, shopCatalog())).toEqual({
    expand: [{ kind: "rename_constraint", fields }],
    backfill: [],
    contract: [],
  });
  expect(renameConstraint.inverse(fields, shopCatalog())).toEqual({
    operations: [{ kind: "rename_constraint", fields: { ...fields, from: "Orders Key", to: "orders_pkey" } }],
  });
});

test("later operations know it, and its index, by the new name", () => {
  const table = renameConstraint.after(fields, shopCatalog()).tables["public.orders"];
  expect(table?.constraints.map(({ name, index }) => [name, index])).toEqual([["Orders Key", "Orders Key"]]);
  expect(table?.indexes.map(({ name, constraint }) => [name, constraint])).toEqual([["Orders Key", "Orders Key"]]);
});

test("what is not there and a name that is taken are refused", () => {
  const compile = (from: string, to: string) => () =>
    renameConstraint.compile({ table: "orders", from, to }, shopCatalog());
  expect(compile("nothing", "x")).toThrow("constraint nothing of public.orders does not exist");
  expect(compile("orders_pkey", "orders_pkey")).toThrow("is taken by another constraint of public.orders");
  expect(compile("orders_pkey", "customers")).toThrow("is taken by another relation in schema public");
});
