import { expect, test } from "vitest";
import { relationKey } from "../../../src/model/relation.ts";
import { renameTable } from "../../../src/operations/rename-table.ts";
import { requireTable } from "../../../src/steps/catalog-lookup.ts";
import { catalogOf, columnOf, tableOf } from "../steps/carry-catalog.ts";

const CATALOG = catalogOf(18, tableOf("users", { columns: [columnOf("id", "integer")] }));

test("a view under the new name comes first, and the names are swapped in the contract", () => {
  expect(renameTable.compile({ from: "users", to: "accounts" }, CATALOG)).toEqual({
    expand: [{ kind: "alias_table", fields: { table: "users", as: "accounts" } }],
    backfill: [],
    contract: [{ kind: "rename_table", fields: { from: "users", to: "accounts" } }],
  });
});

test("the new name is in the schema of the table, and another schema is refused", () => {
  const sales = catalogOf(18, { ...tableOf("users", { columns: [columnOf("id", "integer")] }), schema: "sales" });
  expect(() => renameTable.compile({ from: "sales.users", to: "accounts" }, sales)).not.toThrow();
  expect(() => renameTable.compile({ from: "sales.users", to: "public.accounts" }, sales)).toThrow(
    "sales.users can't become public.accounts: a table is renamed within its schema",
  );
  expect(
    renameTable.touches({ from: "sales.users", to: "accounts" }, "public").map(({ table }) => relationKey(table)),
  ).toEqual(["sales.users", "sales.accounts"]);
  expect(() => renameTable.compile({ from: "nope", to: "accounts" }, CATALOG)).toThrow(
    "table public.nope does not exist",
  );
});

test("later operations see neither name as a table that they could change", () => {
  const after = renameTable.after({ from: "users", to: "accounts" }, CATALOG);
  expect(() => requireTable(after, "users")).toThrow("table public.users does not exist");
  expect(() => requireTable(after, "accounts")).toThrow("public.accounts is a view, not a table");
  expect(renameTable.after({ from: "nope", to: "accounts" }, CATALOG)).toBe(CATALOG);
});

test.each([
  [
    { from: "users", to: "accounts" },
    { from: "public.accounts", to: "public.users" },
  ],
  [
    { from: "sales.users", to: '"a.b"' },
    { from: 'sales."a.b"', to: "sales.users" },
  ],
  [
    { from: '"we""ird"."x.y"', to: "z" },
    { from: '"we""ird".z', to: '"we""ird"."x.y"' },
  ],
])("the inverse of %j names both whole", (fields, inverse) => {
  expect(renameTable.inverse(fields, CATALOG)).toEqual({ operations: [{ kind: "rename_table", fields: inverse }] });
});
