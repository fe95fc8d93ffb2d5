import { expect, test } from "vitest";
import { updateRows } from "../../../src/operations/update-rows.ts";
import { catalogOf } from "../steps/carry-catalog.ts";

const CATALOG = catalogOf(18);
const FIELDS = { table: "t", set: { a: 1 }, where: "b", undo: { set: { a: 2 } } };

test("update_rows is a step of the backfill", () => {
  const fields = updateRows.fields.parse(FIELDS);
  expect(updateRows.compile(fields, CATALOG)).toEqual({
    expand: [],
    backfill: [{ kind: "update_rows", fields: FIELDS }],
    contract: [],
  });
  expect(updateRows.after(fields, CATALOG)).toBe(CATALOG);
});

test("once what was kept has gone, its way back is its `undo`, if it has one", () => {
  expect(updateRows.inverse(updateRows.fields.parse(FIELDS), CATALOG)).toEqual({
    operations: [{ kind: "update_rows", fields: { table: "t", set: { a: 2 }, undo: { set: { a: 1 }, where: "b" } } }],
  });
  expect(updateRows.inverse(updateRows.fields.parse({ table: "t", set: { a: 1 }, keep: true }), CATALOG)).toEqual({
    lost: ["what update_rows has changed of t stays as it is"],
  });
});
