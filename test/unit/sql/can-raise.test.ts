import { beforeAll, describe, expect, test } from "vitest";
import { parseExpression } from "../../../src/sql/expression.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { HARMLESS, types } from "./harmless-expressions.ts";

beforeAll(loadParser);

const row = { table: { schema: "public", name: "users" }, columns: [...types.keys()] };
const canRaise = (text: string): boolean => parseExpression(text, { ...row, types }).canRaise;

describe("can't raise for any row", () => {
  test.each(HARMLESS)("%s", (text) => expect(canRaise(text)).toBe(false));
});

describe("may raise", () => {
  test.each([
    "id + 1",
    "id / price",
    "-id",
    "first_name::int",
    "id::smallint",
    "70000::smallint",
    "first_name::public.mood",
    "tags || tags",
    "'x'::text || tags",
    "doc || doc",
    "doc || '{}'",
    "mood || mood",
    "doc ->> 'a'",
    "first_name ~ 'a'",
    "first_name like 'a\\'",
    "first_name like last_name",
    "split_part(full_name, ' ', id)",
    "split_part(full_name, ' ', 0)",
    "substr(full_name, 1, id)",
    "substr(full_name, 1, -1)",
    "substring(full_name, '(')",
    "substring(full_name, last_name)",
    "lpad(full_name, id)",
    "length(full_name) + length(first_name) + 2",
    "repeat(full_name, 3)",
    "to_number(first_name, '9')",
    "lower(my_function(id))",
    "public.lower(first_name)",
    "first_name operator(public.=) 'x'",
    "concat(variadic tags)",
    "(select 1)",
    "exists (select 1)",
    "array[tags, tags]",
    "now() at time zone first_name",
    "coalesce(first_name, id::int::text::int::text)",
    "case when first_name::int > 1 then 1 end",
    "xmlelement(name a, first_name)",
    "first_name::varchar(3)",
    "tags[id]",
  ])("%s", (text) => expect(canRaise(text)).toBe(true));

  test("|| of columns whose types are not known", () => {
    expect(parseExpression("first_name || ' ' || last_name", row).canRaise).toBe(true);
    expect(parseExpression("lower(first_name) || ' '", row).canRaise).toBe(false);
  });
});
