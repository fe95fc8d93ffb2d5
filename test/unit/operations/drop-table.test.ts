import { expect, test } from "vitest";
import { dropTable } from "../../../src/operations/drop-table.ts";
import { catalogOf, columnOf, tableOf } from "../steps/carry-catalog.ts";

const CATALOG = catalogOf(18, tableOf("faxes", { columns: [columnOf("id", "integer")] }));

test("a table is hidden and dropped in the contract, and nothing happens before", () => {
  expect(dropTable.compile({ table: "faxes" }, CATALOG)).toEqual({
    expand: [],
    backfill: [],
    contract: [{ kind: "drop_table", fields: { table: "faxes" } }],
  });
  expect(() => dropTable.compile({ table: "nope" }, CATALOG)).toThrow("table public.nope does not exist");
});

test("what needs it is found before anything runs", () => {
  const needs = [{ kind: "view", name: "public.v", on: null, evidence: "pg_depend", names: [] }] as const;
  expect(() => dropTable.compile({ table: "faxes" }, catalogOf(18, tableOf("faxes", { needs })))).toThrow(
    "public.faxes can't be dropped: this needs it",
  );
});

test("later operations don't see it, and its rows are not made again", () => {
  expect(Object.keys(dropTable.after({ table: "faxes" }, CATALOG).tables)).toEqual([]);
  expect(dropTable.inverse({ table: "faxes" }, CATALOG)).toEqual({
    impossible: "the rows of public.faxes are gone: a backup has them",
  });
});
