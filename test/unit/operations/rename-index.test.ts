import { beforeAll, expect, test } from "vitest";
import { createIndex } from "../../../src/operations/create-index.ts";
import { renameIndex } from "../../../src/operations/rename-index.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

const indexed = () => createIndex.after({ table: "orders", columns: ["status"], name: "By Status" }, shopCatalog());
const fields = { table: "orders", from: "By Status", to: "orders_status" };

test("no application sees the name of an index, so it changes at once", () => {
  expect(renameIndex.compile(fields, indexed())).toEqual({
    expand: [{ kind: "rename_index", fields }],
    backfill: [],
    contract: [],
  });
  expect(renameIndex.inverse(fields, indexed())).toEqual({
    operations: [{ kind: "rename_index", fields: { ...fields, from: "orders_status", to: "By Status" } }],
  });
});

test("later operations know the index by its new name", () => {
  const after = renameIndex.after(fields, indexed());
  expect(after.tables["public.orders"]?.indexes.at(-1)).toMatchObject({
    name: "orders_status",
    definition: expect.stringContaining("INDEX orders_status ON") as string,
  });
  expect(after.relationNames).toContain("public.orders_status");
  expect(after.relationNames).not.toContain("public.By Status");
});

test("what is not there, a name that is taken, and an index behind a constraint are refused", () => {
  const compile = (from: string, to: string) => () => renameIndex.compile({ table: "orders", from, to }, indexed());
  expect(compile("nothing", "x")).toThrow("index nothing of public.orders does not exist");
  expect(compile("By Status", "customers")).toThrow("the name customers is taken by another relation in schema public");
  expect(compile("By Status", "By Status")).toThrow("is taken");
  expect(compile("orders_pkey", "x")).toThrow("stands behind constraint orders_pkey and bears its name");
});
