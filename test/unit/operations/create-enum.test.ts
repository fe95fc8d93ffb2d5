import { expect, test } from "vitest";
import { createEnum } from "../../../src/operations/create-enum.ts";
import { enumValues } from "../../../src/steps/enum-values.ts";
import { catalogOf } from "../steps/carry-catalog.ts";

const mood = { name: "sales.mood", values: ["sad", "it's fine"] };

test("a type is there for the columns that come after it", () => {
  expect(createEnum.compile(mood, catalogOf(18))).toEqual({
    expand: [{ kind: "create_enum", fields: mood }],
    backfill: [],
    contract: [],
  });
  const after = createEnum.after(mood, catalogOf(18));
  expect(enumValues(after, { schema: "sales", name: "mood" })).toEqual(["sad", "it's fine"]);
  expect(createEnum.inverse(mood, catalogOf(18)).lost?.[0]).toContain("type sales.mood: it stays");
});

test("values are not empty, stand once and fit a name", () => {
  const problems = (values: unknown) => createEnum.fields.safeParse({ name: "mood", values }).error?.issues[0]?.message;
  expect(problems([])).toBe("an enum has at least one value");
  expect(problems(["a", "b", "a"])).toBe("a value can stand only once");
  expect(problems(["ä".repeat(32)])).toContain("over 63 bytes");
  expect(problems([""])).toContain("empty");
  expect(problems(["A", "a"])).toBeUndefined();
});
