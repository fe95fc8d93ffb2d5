import { expect, test } from "vitest";
import { deleteRows } from "../../../src/operations/delete-rows.ts";
import { catalogOf } from "../steps/carry-catalog.ts";

const CATALOG = catalogOf(18);
const FIELDS = { table: "t", where: "b", keep: true };

test("delete_rows is a step of the backfill", () => {
  const fields = deleteRows.fields.parse(FIELDS);
  expect(deleteRows.compile(fields, CATALOG)).toEqual({
    expand: [],
    backfill: [{ kind: "delete_rows", fields: FIELDS }],
    contract: [],
  });
  expect(deleteRows.after(fields, CATALOG)).toBe(CATALOG);
});

test("once what was kept has gone, the rows are lost", () => {
  expect(deleteRows.inverse(deleteRows.fields.parse(FIELDS), CATALOG)).toEqual({
    lost: ["the rows of t that delete_rows has deleted"],
  });
});
