import { beforeAll, describe, expect, test } from "vitest";
import { checkExpression, checkQuery, checkScript, checkType } from "../../../src/plan/check-sql.ts";
import { loadParser } from "../../../src/sql/parser.ts";

beforeAll(loadParser);

describe("an expression passes without a catalog:", () => {
  test.each([
    "lower(email)",
    "users.email || other",
    "concat_ws(' ', \"First Name\", last)",
    "(SELECT c.id FROM customers c WHERE c.email = users.email)",
    "app.users.email",
    "a -- why\n + b",
    "ARRAY[a, b]",
    "'–' || ä",
  ])("%s", (text) => {
    expect(checkExpression(text, "users")).toBeNull();
  });
});

test.each([
  ["", 0],
  ["a b c", 4],
  ["'ä🙂' || )", 9],
  ["SELECT 1", 0],
  ["a, b", 3],
  ["1); DROP TABLE users; --", 1],
])("the expression %j is refused at %d", (text, offset) => {
  expect(checkExpression(text, "users")?.offset).toBe(offset);
});

describe("a type is one type:", () => {
  test.each([
    "text",
    "numeric(12, 4)",
    "timestamp with time zone",
    'public."Mood"',
    "int[]",
    "varchar(50)[]",
    "interval day to second",
    "bit varying(3)",
  ])("%s passes", (type) => expect(checkType(type)).toBeNull());
  test.each([
    "",
    "text not null",
    "text) AS a, (1",
    "int) FROM users WHERE (1=1",
    "varchar(50",
    "text; DROP TABLE users",
    "text)::int, (1::int",
  ])("%j is refused", (type) => expect(checkType(type)).not.toBeNull());
});

test("a script may hold any statements but those of transactions and of the client", () => {
  expect(
    checkScript(
      "CREATE INDEX CONCURRENTLY i ON t (a); DO $$ BEGIN NULL; END $$; COPY t FROM '/f'; COPY t TO PROGRAM 'x'",
    ),
  ).toEqual([]);
  expect(checkScript("SELECT 1; /* so */ ROLLBACK; COPY t TO STDOUT").map(({ offset }) => offset)).toEqual([19, 29]);
  expect(checkScript("")).toEqual([]);
});

test("a gate asks with one query", () => {
  expect(checkQuery("SELECT count(*) FROM t;")).toBeNull();
  expect(checkQuery("WITH x AS (SELECT 1) SELECT * FROM x")).toBeNull();
  expect(checkQuery("SELECT 1; SELECT 2")).not.toBeNull();
  expect(checkQuery("SELECT 1 INTO t")).not.toBeNull();
  expect(checkQuery("WITH x AS (DELETE FROM t RETURNING 1) SELECT * FROM x")).not.toBeNull();
  expect(checkQuery("")).not.toBeNull();
});
