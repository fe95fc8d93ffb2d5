import { beforeAll, expect, test } from "vitest";
import { dropDefault } from "../../../src/operations/drop-default.ts";
import { setDefault } from "../../../src/operations/set-default.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

const status = { table: "orders", column: "status" };

test("a default goes when only the new version writes, and comes back as it was", () => {
  expect(dropDefault.compile(status, shopCatalog())).toEqual({
    expand: [],
    backfill: [],
    contract: [{ kind: "drop_default", fields: status }],
  });
  const before = setDefault.after({ ...status, default: "'new'" }, shopCatalog());
  expect(dropDefault.inverse(status, before)).toEqual({
    operations: [{ kind: "set_default", fields: { ...status, default: "'new'" } }],
  });
});
