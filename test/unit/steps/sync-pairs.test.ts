import { beforeAll, expect, test } from "vitest";
import { loadParser } from "../../../src/sql/parser.ts";
import { resolveSync, type SyncFields } from "../../../src/steps/sync-pairs.ts";
import { columnOf, tableOf } from "./carry-catalog.ts";

beforeAll(loadParser);

const TABLE = tableOf("t", {
  columns: [
    columnOf("a", "text"),
    columnOf("b", "text"),
    columnOf("c", "text"),
    columnOf("x", "text"),
    columnOf("y", "text"),
    columnOf("n", "integer"),
    columnOf("flag", "boolean"),
    columnOf("short", "character varying(3)"),
    columnOf("mood", "public.mood"),
    columnOf("sum", "integer", { generated: { kind: "stored", expression: "n + 1" } }),
  ],
});
const resolve = (fields: Omit<SyncFields, "table">) => resolveSync({ table: "t", ...fields }, TABLE);
const pairs = (fields: Omit<SyncFields, "table">): unknown[] =>
  resolve(fields).pairs.map(({ forward, reverse, reads }) => ({
    forward: forward.map((d) => d.column),
    reverse: reverse.map((d) => d.column),
    reads,
  }));
const guarded = (map: SyncFields["fill"]): boolean[] => resolve({ fill: map }).fill.map((d) => d.guarded);

test("columns that expressions connect are one pair, whatever the order they are written in", () => {
  expect(pairs({ forward: { x: "a", y: "b" }, reverse: { b: "y", a: "x" } })).toEqual([
    { forward: ["y"], reverse: ["b"], reads: ["b"] },
    { forward: ["x"], reverse: ["a"], reads: ["a"] },
  ]);
  expect(pairs({ forward: { x: "a", y: "b" }, reverse: { a: "x || y" } })).toEqual([
    { forward: ["x", "y"], reverse: ["a"], reads: ["a", "b"] },
  ]);
  expect(pairs({ forward: { x: "a || b" }, reverse: { a: "x", b: "'?'" } })).toEqual([
    { forward: ["x"], reverse: ["a", "b"], reads: ["a", "b"] },
  ]);
});

test("a column that is only read joins nothing", () => {
  expect(pairs({ forward: { x: "a || c", y: "b || c" }, reverse: { a: "x", b: "y" } })).toEqual([
    { forward: ["x"], reverse: ["a"], reads: ["a", "c"] },
    { forward: ["y"], reverse: ["b"], reads: ["b", "c"] },
  ]);
});

test("a reverse that nothing connects to a forward is refused", () => {
  expect(() => resolve({ reverse: { a: "b" } })).toThrow(
    "`reverse` of public.t.a reads no column that `forward` derives, and no `forward` reads it: which side a writer changed can't be told",
  );
  expect(() => resolve({ forward: { x: "a" }, reverse: { a: "x", b: "c" } })).toThrow(
    "`reverse` of public.t.b reads no column",
  );
});

test.each([
  { forward: { x: "a" }, fill: { x: "'none'" } },
  { forward: { y: "b" }, reverse: { b: "y" }, fill: { b: "'none'" } },
])("a column that is derived and filled is refused", (fields) => {
  expect(() => resolve(fields)).toThrow("gets its values from another column, and by `fill`");
});

test("columns that are missing or generated are refused", () => {
  expect(() => resolve({ forward: { nope: "a" } })).toThrow(
    "column public.t.nope does not exist; the table has a, b, c, x, y, n, flag, short, mood, sum",
  );
  expect(() => resolve({ forward: { x: "nope" } })).toThrow(/nope/);
  expect(() => resolve({ forward: { sum: "n" } })).toThrow(
    "public.t.sum is a generated column: a sync trigger can't read or write it",
  );
  expect(() => resolve({ forward: { n: "sum" } })).toThrow("public.t.sum is a generated column");
});

test("only what can raise is guarded, for a guard costs the application's write a subtransaction", () => {
  expect(guarded({ x: "lower(a)", a: "b", short: "a", n: "a::int" })).toEqual([false, false, true, true]);
  expect(guarded({ n: 0, flag: false, x: "'new'", short: "'abcd'", mood: "'sad'" })).toEqual([
    false,
    false,
    false,
    true,
    true,
  ]);
});
