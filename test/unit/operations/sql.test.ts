import { beforeAll, expect, test } from "vitest";
import { sql } from "../../../src/operations/sql.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

test("sql runs in expand, or in the phase that it names", () => {
  const fields = sql.fields.parse({ up: "SELECT 1", down: "SELECT 2" });
  const entry = { kind: "sql", fields };
  expect(sql.compile(fields, shopCatalog())).toEqual({ expand: [entry], backfill: [], contract: [] });
  expect(sql.compile({ ...fields, phase: "contract" }, shopCatalog())).toEqual({
    expand: [],
    backfill: [],
    contract: [entry],
  });
});
