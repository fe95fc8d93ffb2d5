import { expect, test } from "vitest";
import { isOwnType, typeOnAnyPath } from "../../../src/sql/own-type.ts";

test.each([
  ["text", "pg_catalog.text"],
  ["uuid[]", "pg_catalog.uuid[]"],
  ['"char"', 'pg_catalog."char"'],
  ["bpchar", "pg_catalog.bpchar"],
  ["integer", "integer"],
  ["numeric(5,2)[]", "numeric(5,2)[]"],
  ["character varying(5)", "character varying(5)"],
  ["timestamp(3) with time zone", "timestamp(3) with time zone"],
  ["double precision", "double precision"],
  ["interval day to second(3)", "interval day to second(3)"],
  ["public.mood", "public.mood"],
  ['app."My type"[]', 'app."My type"[]'],
])("%s is %s on any search_path", (type, expected) => {
  expect(typeOnAnyPath(type)).toBe(expected);
});

test("only a type of somebody's own has a schema", () => {
  expect(["text", "numeric(5,2)", "uuid[]", '"char"'].every(isOwnType)).toBe(true);
  expect(["public.mood", 'app."My type"[]'].some(isOwnType)).toBe(false);
});
