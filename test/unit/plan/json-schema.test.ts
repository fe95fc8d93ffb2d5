import { expect, test } from "vitest";
import { planJsonSchema } from "../../../src/plan/json-schema.ts";
import { vocabulary } from "./vocabulary.ts";

type Json = { readonly [key: string]: Json } & { readonly [index: number]: Json };
const schema = planJsonSchema(vocabulary) as Json;

test("the schema is of draft 2020-12, and strict at the top", () => {
  expect(schema["$schema"]).toBe("https://json-schema.org/draft/2020-12/schema");
  expect(schema["additionalProperties"]).toBe(false);
  expect(schema["required"]).toBeUndefined();
  expect(Object.keys(schema["properties"] as Json)).toEqual([
    "description",
    "requires",
    "conflicts",
    "operations",
    "expand",
    "backfill",
    "contract",
    "gates",
    "views",
    "settings",
  ]);
});

test("an entry is a mapping of exactly one kind, with the kind's fields and descriptions", () => {
  const entry = schema["properties"]?.["operations"]?.["items"];
  expect(entry).toMatchObject({ type: "object", minProperties: 1, maxProperties: 1, additionalProperties: false });
  expect(entry?.["required"]).toBeUndefined();
  expect(entry?.["properties"]?.["rename_column"]).toMatchObject({
    description: "Renames a column.",
    additionalProperties: false,
    required: ["table", "from", "to"],
  });
});

test("a phase takes the steps that may stand in it, and no others", () => {
  const kinds = (phase: string) => Object.keys(schema["properties"]?.[phase]?.["items"]?.["properties"] as Json);
  expect(kinds("expand")).toEqual(["sync", "sql"]);
  expect(kinds("backfill")).toEqual(["fill", "sql"]);
  expect(kinds("contract")).toEqual(["drop_column", "sql"]);
  expect(kinds("gates")).toEqual(["approval", "query"]);
});

test("durations are text with a pattern, and lists keep their descriptions", () => {
  const { settings, operations } = schema["properties"] as Json;
  expect(settings?.["properties"]?.["contract"]?.["properties"]?.["soak"]).toMatchObject({
    type: "string",
    pattern: "^\\d{1,12}(ms|s|m|h|d)$",
    description: "How long the old shape stays hidden, before the drop. Default 24h.",
  });
  expect(operations).toMatchObject({
    type: "array",
    description: "What changes, in order; compiled to steps of the three phases.",
  });
});
