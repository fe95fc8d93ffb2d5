import { beforeAll, describe, expect, test } from "vitest";
import { loadParser } from "../../../src/sql/parser.ts";
import { splitStatements } from "../../../src/sql/statements.ts";
import { IN_TRANSACTION, NOT_IN_TRANSACTION } from "./transactional-statements.ts";

beforeAll(loadParser);

const split = (script: string): string[] => splitStatements(script).map(({ sql }) => sql);

describe("splitStatements", () => {
  test("gives each statement with its place, its kind and whether it may be in a transaction", () => {
    const script = "-- é🙂\nCREATE TABLE t (a int);\n/* ; */ create index concurrently i on t (a) -- done\n";
    expect(splitStatements(script)).toEqual([
      { sql: "CREATE TABLE t (a int)", offset: 7, kind: "CreateStmt", transactional: true, refusal: null },
      {
        sql: "create index concurrently i on t (a)",
        offset: 39,
        kind: "IndexStmt",
        transactional: false,
        refusal: null,
      },
    ]);
    expect(script.slice(39)).toMatch(/^create index/);
  });

  test("leaves out what is empty", () => {
    expect(split("")).toEqual([]);
    expect(split(" -- nothing\n;;/* ; */;")).toEqual([]);
    expect(split(";select 1;;")).toEqual(["select 1"]);
  });

  test("semicolons in dollar quotes, strings, comments and function bodies split nothing", () => {
    const statements = [
      "create function f() returns int language plpgsql as $fn$ begin perform 1; return 2; end $fn$",
      "create function g() returns void begin atomic; insert into t values (1); delete from t; end",
      `select 'a;b', ";c", e'\\';' -- ;\n, 1`,
      "do $$ begin null; end $$",
      "create rule r as on insert to t do (delete from u; delete from v)",
    ];
    expect(split(statements.join(";\n"))).toEqual(statements);
  });

  test("a comment at a statement's end can't swallow what is put behind it", () => {
    expect(split("select 1 -- one\n; select '--' -- two")).toEqual(["select 1", "select '--'"]);
    expect(split("select 1 /* é */ /* b */")).toEqual(["select 1"]);
  });

  test.each(NOT_IN_TRANSACTION)("%s can't be in a transaction", (sql) => {
    expect(splitStatements(sql)).toMatchObject([{ transactional: false, refusal: null }]);
  });

  test.each(IN_TRANSACTION)("%s may be in a transaction", (sql) => {
    expect(splitStatements(sql)).toMatchObject([{ transactional: true, refusal: null }]);
  });

  test.each(["begin", "commit", "rollback", "savepoint s", "start transaction", "commit prepared 'x'"])(
    "%s is marked as nothing for a plan",
    (sql) => {
      expect(splitStatements(sql)[0]?.refusal).toMatch(/begin or end a transaction/);
    },
  );

  test.each(["copy t from stdin", "copy t to stdout"])("%s is marked as nothing for a plan", (sql) => {
    expect(splitStatements(sql)[0]?.refusal).toMatch(/client can't run/);
  });

  test.each([
    ["select '🙂'; selec 1", 13, 'syntax error at or near "selec"'],
    ["create table t (a int\n", 22, "syntax error at end of input"],
    ["select 1;\n\\i other.sql\n", 10, "\\i is a command of psql, not SQL: a plan can't hold it"],
    ["\\connect db", 0, "\\connect is a command of psql, not SQL: a plan can't hold it"],
    ["copy t from stdin;\n1\t2\n\\.\n", 19, "rows of COPY FROM STDIN can't stand in a plan: write INSERT"],
    ["select 1\0", 8, "SQL can't hold a NUL"],
  ])("an error in %j is shown at %i", (script, offset, message) => {
    expect(() => splitStatements(script)).toThrow(
      expect.objectContaining({ code: "SEG0004", message, detail: expect.objectContaining({ offset }) }),
    );
  });
});
