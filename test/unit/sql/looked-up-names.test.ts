import { beforeAll, describe, expect, test } from "vitest";
import { lookedUpNames, withOwnTypes } from "../../../src/sql/looked-up-names.ts";
import { loadParser } from "../../../src/sql/parser.ts";

beforeAll(loadParser);

const looksUp = (names: { functions?: string[]; operators?: string[]; types?: string[] }) => ({
  functions: [],
  operators: [],
  types: [],
  ...names,
});

describe("the names that an expression looks up", () => {
  test.each([
    ["username", {}],
    ["users.username", {}],
    ["'x'", {}],
    ["coalesce(a, b) IS NOT NULL AND NOT c", {}],
    ["greatest(a, least(b, 1))", {}],
    ["(a, b)", {}],
    ["(ARRAY[a, b])[1]", {}],
    ["current_date", {}],
    ["current_user", {}],
    ["lower(a)", { functions: ["lower"] }],
    ["pg_catalog.lower(a)", { functions: ["lower"] }],
    ["upper(lower(a)) || lower(b)", { functions: ["lower", "upper"], operators: ["||"] }],
    ["make_interval(days => a)", { functions: ["make_interval"] }],
    ["concat(VARIADIC a)", { functions: ["concat"] }],
    ["trim(BOTH ' ' FROM a)", { functions: ["btrim"] }],
    ["extract(year FROM a)", { functions: ["extract"] }],
    ["a AT TIME ZONE 'UTC'", { functions: ["timezone"] }],
    ["-a + b", { operators: ["+", "-"] }],
    ["a != b", { operators: ["<>"] }],
    ["a OPERATOR(pg_catalog.+) b", { operators: ["+"] }],
    ["a = ANY (b) OR a < ALL (b)", { operators: ["<", "="] }],
    ["a IN (1, 2)", { operators: ["="] }],
    ["a NOT IN (1, 2)", { operators: ["<>"] }],
    ["(a, b) < (1, 2)", { operators: ["<"] }],
    ["a IS DISTINCT FROM b", { operators: ["="] }],
    ["a IS NOT DISTINCT FROM b", { operators: ["="] }],
    ["nullif(a, b)", { operators: ["="] }],
    ["a BETWEEN 1 AND 2", { operators: ["<=", ">="] }],
    ["a NOT BETWEEN SYMMETRIC 1 AND 2", { operators: ["<", ">"] }],
    ["a LIKE 'x%'", { operators: ["~~"] }],
    ["a NOT ILIKE 'x%'", { operators: ["!~~*"] }],
    ["a LIKE 'x%' ESCAPE '#'", { functions: ["like_escape"], operators: ["~~"] }],
    ["a SIMILAR TO 'x'", { functions: ["similar_to_escape"], operators: ["~"] }],
    ["CASE WHEN a THEN 1 ELSE 2 END", {}],
    ["CASE a WHEN 1 THEN b END", { operators: ["="] }],
    ["a::int", { types: ["int4"] }],
    ["a::numeric(5, 2)[]", { types: ["numeric"] }],
    ["CAST(a AS text)", { types: ["text"] }],
    ["date '2026-01-01'", { types: ["date"] }],
    ["interval '1 day'", { types: ["interval"] }],
    ["a::mood", { types: ["mood"] }],
  ])("%s", (text, names) => {
    expect(lookedUpNames(text)).toEqual(looksUp(names));
  });

  test.each([
    "public.lower(a)",
    "a OPERATOR(public.+) b",
    "a::public.mood",
    "'x'::public.mood",
    "(SELECT 1)",
    "a IN (SELECT 1)",
    "EXISTS (SELECT 1)",
    "ARRAY(SELECT 1)",
    'a COLLATE "C"',
    "a COLLATE public.german",
    "(a).lower",
    "(a).b",
    "current_schema",
    "xmlconcat(a, b)",
    "json_object('a': b)",
    "json_value(a, '$.b')",
    "a IS JSON",
    "a IS DOCUMENT",
    "coalesce(lower(a), (b).c)",
    "a +",
    "",
  ])("can't be told of %s", (text) => {
    expect(lookedUpNames(text)).toBeNull();
  });
});

test.each([
  ["a::text", "a::pg_catalog.text"],
  ["CAST(a AS uuid[]) -- ü", "CAST(a AS pg_catalog.uuid[]) -- ü"],
  ["date '2026-01-01'", "pg_catalog.date '2026-01-01'"],
  ["'ü'::\"char\" || b :: /* of */ text", "'ü'::pg_catalog.\"char\" || b :: /* of */ pg_catalog.text"],
  ["a::int + b::varchar(3)::numeric", "a::int + b::varchar(3)::numeric"],
  ["a::JSON", "a::pg_catalog.JSON"],
  ["a::pg_catalog.json::pg_catalog.text", "a::pg_catalog.json::pg_catalog.text"],
  ["lower(a::text)", "lower(a::pg_catalog.text)"],
])("the types of %s come from pg_catalog", (text, expected) => {
  expect(withOwnTypes(text)).toBe(expected);
});
