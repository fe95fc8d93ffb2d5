import { expect, test } from "vitest";
import { rowKey } from "../../../src/backfill/row-key.ts";

test("a row is named by its primary key, or by its place", () => {
  expect(rowKey(["id", "It's"])).toBe(`jsonb_build_object('id', segue_row.id, 'It''s', segue_row."It's")`);
  expect(rowKey([])).toBe("jsonb_build_object('ctid', segue_row.ctid)");
});
