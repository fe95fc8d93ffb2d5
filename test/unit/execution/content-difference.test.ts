import { expect, test } from "vitest";
import { contentDifference } from "../../../src/execution/content-difference.ts";

test("each value that differs is named with its place, and with what it was and is", () => {
  const before = {
    description: "d",
    operations: [{ rename_column: { table: "users", from: "a", to: "handle" } }, { sql: { up: "x" } }],
    settings: { contract: { soak: "1h" } },
  };
  const after = {
    description: "d",
    operations: [{ rename_column: { table: "users", from: "a", to: "nick" } }],
    gates: [{ approval: { by: "x" } }],
    settings: { contract: "none" },
  };
  expect(contentDifference(before, after)).toEqual([
    'operations[0].rename_column.to: "handle" → "nick"',
    'operations[1]: {"sql":{"up":"x"}} → absent',
    'settings.contract: {"soak":"1h"} → "none"',
    'gates: absent → [{"approval":{"by":"x"}}]',
  ]);
});

test("the order of keys is no difference, that of lists is", () => {
  expect(contentDifference({ a: 1, b: { c: null } }, { b: { c: null }, a: 1 })).toEqual([]);
  expect(contentDifference([1, 2], [2, 1])).toEqual(["[0]: 1 → 2", "[1]: 2 → 1"]);
});
