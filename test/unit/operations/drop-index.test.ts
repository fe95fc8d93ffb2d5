import { beforeAll, expect, test } from "vitest";
import { dropIndex } from "../../../src/operations/drop-index.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

test("drop_index waits for contract, and refuses what stands behind a constraint", () => {
  const compile = (name: string) => dropIndex.compile({ table: "orders", name }, shopCatalog());
  expect(() => compile("orders_pkey")).toThrow("stands behind constraint orders_pkey");
  expect(() => compile("orders_note")).toThrow("does not exist; the table has orders_pkey");
});
