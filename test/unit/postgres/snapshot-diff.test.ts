import { expect, test } from "vitest";
import type { Properties, Snapshot } from "../../../src/postgres/snapshot.ts";
import { diffSnapshots } from "../../../src/postgres/snapshot-diff.ts";

const snapshot = (properties: Properties, parts: Record<string, Properties> = {}): Snapshot => ({
  format: 1,
  objects: { "table public.t": { properties, parts } },
});

test("the order of keys is no difference, the order of columns is", () => {
  expect(diffSnapshots(snapshot({ a: 1, b: { c: 1, d: 2 } }), snapshot({ b: { d: 2, c: 1 }, a: 1 }))).toEqual([]);
  expect(diffSnapshots(snapshot({ "column order": ["a", "b"] }), snapshot({ "column order": ["b", "a"] }))).toEqual([
    "table public.t: column order changed from a, b to b, a",
  ]);
});

test("a column that comes is one difference, not also one of the order", () => {
  const before = snapshot({ "column order": ["a"] }, { "column a": {} });
  const after = snapshot({ "column order": ["b", "a"] }, { "column a": {}, "column b": {} });
  expect(diffSnapshots(before, after)).toEqual(["table public.t: column b added"]);
  expect(diffSnapshots(after, before)).toEqual(["table public.t: column b removed"]);
});

test("names of JavaScript's own are names like any other", () => {
  expect(diffSnapshots(snapshot({}), snapshot({}, { constructor: {} }))).toEqual(["table public.t: constructor added"]);
});

test("a text too long for a line is said to have changed, and not printed", () => {
  expect(diffSnapshots(snapshot({ definition: "x".repeat(200) }), snapshot({ definition: "y" }))).toEqual([
    "table public.t: definition changed",
  ]);
});
