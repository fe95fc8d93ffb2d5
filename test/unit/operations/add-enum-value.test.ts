import { expect, test } from "vitest";
import type { Catalog } from "../../../src/model/catalog.ts";
import { addEnumValue } from "../../../src/operations/add-enum-value.ts";
import { enumKey, enumValues } from "../../../src/steps/enum-values.ts";
import { catalogOf } from "../steps/carry-catalog.ts";

const MOOD = { schema: "public", name: "mood" };
const catalog: Catalog = { ...catalogOf(18), facts: { [enumKey(MOOD)]: { values: ["sad", "ok", "happy"] } } };
const compile = (fields: object) => addEnumValue.compile({ type: "mood", value: "new", ...fields }, catalog);

test("a value comes before the new version, which writes it", () => {
  const fields = { type: "mood", value: "great", after: "happy" };
  expect(addEnumValue.compile(fields, catalog)).toEqual({
    expand: [{ kind: "add_enum_value", fields }],
    backfill: [],
    contract: [],
  });
  expect(addEnumValue.inverse(fields, catalog).lost?.[0]).toContain("value great of enum mood stays");
});

test("later operations see the value where it stands", () => {
  const values = (fields: object) =>
    enumValues(addEnumValue.after({ type: "mood", value: "new", ...fields }, catalog), MOOD);
  expect(values({})).toEqual(["sad", "ok", "happy", "new"]);
  expect(values({ before: "ok" })).toEqual(["sad", "new", "ok", "happy"]);
  expect(values({ after: "ok" })).toEqual(["sad", "ok", "new", "happy"]);
  expect(values({ value: "ok" })).toEqual(["sad", "ok", "happy"]);
});

test("a neighbour that is not there, a place that can't be changed, and no enum are refused", () => {
  expect(() => compile({ before: "Sad" })).toThrow("enum public.mood has no value Sad; it has sad, ok, happy");
  expect(() => compile({ value: "sad", after: "ok" })).toThrow(
    "enum public.mood has the value sad already, but not behind ok: the order of values can't be changed",
  );
  expect(() => compile({ value: "happy", before: "ok" })).toThrow("but not before ok");
  expect(compile({ value: "happy", after: "sad" }).expand).toHaveLength(1);
  expect(() => compile({ type: "nothing" })).toThrow("type public.nothing was not read");
  expect(
    addEnumValue.fields.safeParse({ type: "mood", value: "x", before: "a", after: "b" }).error?.issues[0]?.message,
  ).toBe("only one of `before` and `after` can be given");
});
