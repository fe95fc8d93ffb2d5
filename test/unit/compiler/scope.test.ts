import { beforeAll, expect, test } from "vitest";
import { overlap, scopeOf, touchesOf } from "../../../src/compiler/scope.ts";
import type { Touch } from "../../../src/model/program.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { planOf } from "./compile-plan.ts";

beforeAll(loadParser);

const touch = (table: string, column: string | null, schema = "public"): Touch => ({
  table: { schema, name: table },
  column,
});

test("two rollouts overlap on the same column, or where one has the whole table", () => {
  expect(overlap([touch("t", "a")], [touch("t", "b")])).toBeNull();
  expect(overlap([touch("t", "a")], [touch("t", "a", "other")])).toBeNull();
  expect(overlap([touch("t", "a"), touch("t", "b")], [touch("t", "c"), touch("t", "b")])).toEqual(touch("t", "b"));
  expect(overlap([touch("t", null)], [touch("t", "b")])).toEqual(touch("t", "b"));
  expect(overlap([touch("t", "a")], [touch("t", null)])).toEqual(touch("t", "a"));
  expect(overlap([touch("t", null)], [touch("t", null)])).toEqual(touch("t", null));
  expect(overlap([], [touch("t", null)])).toBeNull();
});

const PLAN = `
operations:
  - rename_column: { table: users, from: a, to: b }
  - add_column: { table: sales.orders, column: c, type: int, references: { table: users } }
expand:
  - add_column: { table: users, column: d, type: varchar(5) }
  - sync: { table: users, forward: { d: lower(b) } }`;

test("a plan touches what its operations and its explicit steps work on, each once", () => {
  expect(touchesOf(planOf(PLAN), "public")).toEqual([
    touch("users", "a"),
    touch("users", "b"),
    touch("orders", "c", "sales"),
    touch("users", "d"),
  ]);
});

const copy = { ask: "names", functions: [], operators: [], types: [] };

test("its tables are read, and the server is asked about types, ALTERs and what expressions look up", () => {
  expect(scopeOf(planOf(PLAN), "public")).toEqual({
    enums: [],
    referenced: [{ table: { schema: "public", name: "users" }, column: "a" }],
    tables: [
      { schema: "public", name: "users" },
      { schema: "sales", name: "orders" },
    ],
    schemas: ["public", "sales"],
    questions: [
      copy,
      { ask: "alter", table: { schema: "sales", name: "orders" }, action: "ADD COLUMN c int" },
      { ask: "type", type: "int" },
      { ask: "type", type: "varchar(5)" },
      copy,
      { ...copy, functions: ["lower"] },
    ],
  });
});
