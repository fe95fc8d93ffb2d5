import { beforeAll, expect, test } from "vitest";
import { inverseOf } from "../../../src/compiler/inverse.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { catalogOf, columnOf, tableOf } from "../steps/carry-catalog.ts";
import { planOf } from "./compile-plan.ts";

beforeAll(loadParser);

const CATALOG = catalogOf(
  18,
  tableOf("users", {
    columns: [
      columnOf("id", "bigint"),
      columnOf("username", "text"),
      columnOf("full_name", "text", { collation: '"C"' }),
      columnOf("age", "integer"),
    ],
  }),
);
const inverse = (text: string) => inverseOf(planOf(text), CATALOG);
const operations = (...lines: string[]) => inverse(`operations:\n${lines.map((line) => `  - ${line}`).join("\n")}`);
const entry = (kind: string, fields: Record<string, unknown>) => ({ kind, fields: { table: "users", ...fields } });
const NOTHING = { possible: true, operations: [], expand: [], backfill: [], contract: [], lost: [] };

test("operations are taken back in the opposite order", () => {
  expect(
    operations(
      "rename_column: { table: users, from: username, to: handle }",
      "add_column: { table: users, column: note, type: text }",
      "create_index: { table: users, columns: [handle], name: by_handle }",
    ),
  ).toEqual({
    ...NOTHING,
    operations: [
      entry("drop_index", { name: "by_handle" }),
      entry("drop_column", { column: "note" }),
      entry("rename_column", { from: "handle", to: "username" }),
    ],
  });
});

test("an index or a constraint goes by the name that the server or the plan gave it", () => {
  expect(
    operations(
      "create_index: { table: users, columns: [age] }",
      "add_check: { table: users, check: age > 0 }",
      "add_unique: { table: users, name: once, columns: [username] }",
    ),
  ).toMatchObject({
    operations: [
      entry("drop_constraint", { name: "once" }),
      entry("drop_constraint", { name: "users_age_check" }),
      entry("drop_index", { name: "users_age_idx" }),
    ],
  });
});

test("a type is changed back by the expressions turned round, with what the old one can't hold", () => {
  expect(
    operations("change_type: { table: users, column: age, type: bigint, forward: age * 2, reverse: age / 2 }"),
  ).toEqual({
    ...NOTHING,
    operations: [entry("change_type", { column: "age", type: "integer", forward: "age / 2", reverse: "age * 2" })],
    lost: ["values of users.age that integer can't hold: the fill stops at them"],
  });
});

test("an operation on a column that an earlier one renamed is found by its new name", () => {
  const two = operations(
    "rename_column: { table: users, from: age, to: years }",
    "change_type: { table: users, column: years, type: bigint }",
  );
  expect(two).toMatchObject({
    operations: [
      entry("change_type", { column: "years", type: "integer" }),
      entry("rename_column", { from: "years", to: "age" }),
    ],
  });
});

test("a dropped column comes back empty", () => {
  expect(operations("drop_column: { table: users, column: full_name }")).toEqual({
    ...NOTHING,
    expand: [entry("add_column", { column: "full_name", type: "text", collation: '"C"' })],
    lost: ["every value of users.full_name, and its indexes and constraints"],
  });
});

test("an explicit split is merged again by its own `reverse`", () => {
  const phases = (reverse: string) => `
expand:
  - add_column: { table: users, column: first, type: text }
  - sync: { table: users, forward: { first: "split_part(full_name, ' ', 1)" }${reverse} }
backfill:
  - fill: { table: users }
contract:
  - drop_column: { table: users, column: full_name }`;
  expect(inverse(phases(", reverse: { full_name: first }"))).toEqual({
    possible: true,
    operations: [],
    expand: [
      entry("add_column", { column: "full_name", type: "text", collation: '"C"' }),
      entry("sync", { forward: { full_name: "first" }, reverse: { first: "split_part(full_name, ' ', 1)" } }),
    ],
    backfill: [entry("fill", {})],
    contract: [entry("drop_column", { column: "first" })],
    lost: [],
  });
  expect(inverse(phases(""))).toMatchObject({
    expand: [entry("add_column", { column: "full_name" })],
    backfill: [],
    lost: ["every value of users.full_name"],
  });
});

test("SQL is turned round if it has a way down; what has no inverse says so", () => {
  expect(operations("sql: { up: CREATE VIEW v AS SELECT 1, down: DROP VIEW v }")).toMatchObject({
    operations: [{ kind: "sql", fields: { up: "DROP VIEW v", down: "CREATE VIEW v AS SELECT 1" } }],
  });
  expect(
    operations(
      "sql: { up: SELECT 1 }",
      "create_index: { table: users, columns: [age] }",
      "create_table: { table: pets, columns: { id: { type: int } } }",
    ),
  ).toEqual({
    possible: false,
    reasons: [
      "table pets would take its rows along: drop it by a plan of its own, once they are not needed",
      "an sql operation has no `down`",
    ],
  });
  expect(inverse("expand:\n  - drop_not_null: { table: users, column: age }")).toMatchObject({
    reasons: ["an explicit drop_not_null has no inverse that could be made for you"],
  });
});
