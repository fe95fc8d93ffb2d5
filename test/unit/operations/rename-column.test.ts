import { beforeAll, expect, test } from "vitest";
import type { SegueError } from "../../../src/model/errors.ts";
import { renameColumn } from "../../../src/operations/rename-column.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { catalogOf, columnOf, dependentOf, tableOf } from "../steps/carry-catalog.ts";

beforeAll(loadParser);

const USERS = tableOf("users", {
  columns: [
    columnOf("id", "bigint"),
    columnOf("User", "character varying(20)", { collation: '"C"' }),
    columnOf("note", "text"),
  ],
});
const compile = (from: string, to: string, table = USERS) =>
  renameColumn.compile(renameColumn.fields.parse({ table: "users", from, to }), catalogOf(18, table));

test("a column is renamed by a duplicate with its type, collation and attributes, and a sync both ways", () => {
  expect(compile("User", "handle")).toEqual({
    expand: [
      {
        kind: "add_column",
        fields: { table: "users", column: "handle", type: "character varying(20)", like: "User", collation: '"C"' },
      },
      { kind: "sync", fields: { table: "users", forward: { handle: '"User"' }, reverse: { User: "handle" } } },
    ],
    backfill: [
      { kind: "fill", fields: { table: "users" } },
      { kind: "carry", fields: { table: "users", from: "User", to: "handle" } },
    ],
    contract: [{ kind: "replace_column", fields: { table: "users", column: "User", by: "handle" } }],
  });
});

test("names that the catalog does not have, or has already, are refused", () => {
  expect(() => compile("user", "handle")).toThrow(
    "column public.users.user does not exist; the table has id, User, note",
  );
  expect(() => compile("User", "note")).toThrow("column public.users.note already exists");
});

test("everything that can't be carried over is named at once", () => {
  const table = {
    ...USERS,
    dependents: [
      dependentOf("view", "public.follows", ["User"]),
      { ...dependentOf("view", "public.active", ["User"]), obstacle: "it is of another owner" },
      dependentOf("materialized view", "public.stored", ["User"]),
      dependentOf("policy", "mine on public.users", ["User"]),
    ],
  };
  const error = (() => {
    try {
      return compile("User", "handle", table);
    } catch (thrown) {
      return thrown as SegueError;
    }
  })() as SegueError;
  expect(error.code).toBe("SEG0102");
  expect(error.message).toBe("public.users.User can't be replaced: these 3 hang on it and can't be carried over");
  expect(error.problems.map(({ message }) => message)).toEqual([
    "view public.active names the column: it is of another owner",
    "materialized view public.stored names the column",
    "policy mine on public.users names the column",
  ]);
});

test("later operations see the new name", () => {
  const after = renameColumn.after({ table: "users", from: "User", to: "handle" }, catalogOf(18, USERS));
  expect(after.tables["public.users"]?.columns.map((c) => c.name)).toEqual(["id", "handle", "note"]);
  expect(renameColumn.touches({ table: "users", from: "User", to: "handle" }, "public").map((t) => t.column)).toEqual([
    "User",
    "handle",
  ]);
});
