import { expect, test } from "vitest";
import { hiddenColumns, hiddenName, isDroppedBy, shadowsOf } from "../../../src/steps/contract-entries.ts";
import { catalogOf, tableOf } from "./carry-catalog.ts";
import { lowerContext } from "./lower-context.ts";

const T = tableOf("t");
const OTHER = tableOf("t", { schema: "other" });
const CONTEXT = lowerContext(catalogOf(18, T, OTHER), "expand", [
  ["expand", "add_column", { table: "t", column: "elsewhere" }],
  ["contract", "drop_column", { table: "public.t", column: "gone" }],
  ["contract", "replace_column", { table: "t", column: "name", by: "handle" }],
  ["contract", "replace_column", { table: "t", column: "n", by: "segue_new_n", keep_name: true }],
  ["contract", "drop_column", { table: "other.t", column: "theirs" }],
  ["contract", "sql", { up: "select 1" }],
]);

test("the cut-over hides columns, and lets shadows have their names", () => {
  expect([...hiddenColumns(CONTEXT, T)]).toEqual([
    ["gone", hiddenName(T, "gone", "1_test")],
    ["name", hiddenName(T, "name", "1_test")],
    ["n", hiddenName(T, "n", "1_test")],
    ["segue_new_n", "n"],
  ]);
  expect([...hiddenColumns(CONTEXT, OTHER).keys()]).toEqual(["theirs"]);
  expect([...shadowsOf(CONTEXT, T)]).toEqual(["n"]);
  expect(isDroppedBy(CONTEXT, T)).toBe(true);
  expect(isDroppedBy(CONTEXT, tableOf("untouched"))).toBe(false);
});

test("a hidden name fits, and differs between plans, tables and columns", () => {
  const names = [T, OTHER].flatMap((table) =>
    ["1_a", "1_b"].flatMap((plan) => ["é".repeat(31), "b"].map((column) => hiddenName(table, column, plan))),
  );
  expect(new Set(names).size).toBe(8);
  for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
});
