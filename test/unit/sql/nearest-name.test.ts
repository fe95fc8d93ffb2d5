import { expect, test } from "vitest";
import { nearestName } from "../../../src/sql/nearest-name.ts";

test.each([
  ["emial", "email"],
  ["EMAIL", "email"],
  ["id", "id"],
  ["lastname", "last_name"],
  ["createdat", "created_at"],
])("%s most likely means %s", (name, meant) => {
  expect(nearestName(name, ["id", "email", "last_name", "created_at"])).toBe(meant);
});

test("a name like none of them gets no guess", () => {
  expect(nearestName("frobnicate", ["id", "email"])).toBeUndefined();
  expect(nearestName("x", [])).toBeUndefined();
});
