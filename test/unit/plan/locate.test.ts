import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Scalar, stringify, parseDocument } from "yaml";
import { locateInScalar } from "../../../src/plan/locate.ts";
import { readPlan } from "../../../src/plan/read-plan.ts";
import { scalarOffset } from "../../../src/plan/scalar-offset.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { vocabulary } from "./vocabulary.ts";

beforeAll(loadParser);

const plan = (value: string) =>
  readPlan(
    {
      path: "1_a.yaml",
      text: `operations:\n  - update_rows:\n      table: users\n      set: { a: 1 }\n      where: ${value}\n`,
    },
    vocabulary,
  );
const WHERE = ["operations", 0, "update_rows", "where"];

/** Where the word `wrong` of the value stands: `line:column`. */
function placeOf(value: string, word = "wrong"): string {
  const read = plan(value);
  const text = String(read.operations[0]?.fields["where"]);
  const place = locateInScalar(read, WHERE, text.indexOf(word));
  expect(place?.source.slice(place.at.column - 1)).toMatch(new RegExp(`^${word}`));
  return `${place?.at.line}:${place?.at.column}`;
}

test("the parts of a plan are found: values, keys' values and entries", () => {
  const { locate } = plan("true");
  expect(locate(WHERE)).toEqual({ at: { file: "1_a.yaml", line: 5, column: 14 }, source: "      where: true" });
  expect(locate(["operations", 0, "update_rows", "set", "a"])?.at).toMatchObject({ line: 4, column: 17 });
  expect(locate([])?.at).toMatchObject({ line: 1, column: 1 });
});

test("a path that ends early leads to the deepest part that there is", () => {
  expect(plan("true").locate(["operations", 0, "update_rows", "nothing", "here"])?.at).toMatchObject({ line: 3 });
});

describe("an offset in a scalar's value is found in the file:", () => {
  test("plain", () => expect(placeOf("a = wrong")).toBe("5:18"));
  test("plain over lines", () => expect(placeOf("a = 1\n        AND wrong")).toBe("6:13"));
  test("single quotes", () => expect(placeOf("'a = ''x'' AND wrong'")).toBe("5:29"));
  test("double quotes with escapes", () => expect(placeOf(`"a = '\\u00e4\\t\\"' AND wrong"`)).toBe("5:36"));
  test("double quotes over lines", () => expect(placeOf(`"a = 1 \\\n        AND wrong"`)).toBe("6:13"));
  test("literal block", () => expect(placeOf("|\n        a = 1\n\n          AND wrong")).toBe("8:15"));
  test("literal block with indentation of its own", () =>
    expect(placeOf("|2-\n          a = 1\n        AND wrong")).toBe("7:13"));
  test("folded block", () => expect(placeOf(">-\n        a = 1\n        AND wrong\n        OR b")).toBe("7:13"));
  test("non-ASCII text before it", () => expect(placeOf(`"'ä🙂' <> wrong"`)).toBe("5:24"));
});

test("the end of a value is right behind its last character", () => {
  const place = (value: string) => {
    const read = plan(value);
    return locateInScalar(read, WHERE, String(read.operations[0]?.fields["where"]).length)?.at;
  };
  expect(place("a = 1")).toMatchObject({ line: 5, column: 19 });
  expect(place("'a = 1'")).toMatchObject({ line: 5, column: 20 });
  expect(place("|\n        a = 1\n")).toMatchObject({ line: 6, column: 14 });
});

test("an offset of a way down is found in its own file", () => {
  const pair = readPlan(
    { path: "1_a.sql", text: "SELECT 1;", down: { path: "1_a.down.sql", text: "SELECT 1;\nSELECT 2;" } },
    vocabulary,
  );
  expect(locateInScalar(pair, ["expand", 0, "sql", "down"], 17)).toEqual({
    at: { file: "1_a.down.sql", line: 2, column: 8 },
    source: "SELECT 2;",
  });
});

test("an offset behind a mark is counted from the mark", () => {
  const marked = readPlan(
    { path: "1_a.sql", text: "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;" },
    vocabulary,
  );
  expect(locateInScalar(marked, ["expand", 0, "sql", "up"], 8)?.at).toMatchObject({ line: 2, column: 8 });
  expect(locateInScalar(marked, ["expand", 0, "sql", "down"], 8)?.at).toMatchObject({ line: 4, column: 8 });
});

test("every character that is not white space is found, whatever style a scalar is written in", () => {
  const words = fc.array(
    fc.string({ unit: fc.constantFrom(...Array.from("ab'\"\\:#{}[],&*!|>%@`-? \n\täé€🙂日\u00a0")) }),
    {
      maxLength: 8,
    },
  );
  const style = fc.constantFrom("PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE", "BLOCK_LITERAL", "BLOCK_FOLDED");
  fc.assert(
    fc.property(words, style, (parts, type) => {
      const text = stringify(
        { where: parts.join(" ") },
        { defaultStringType: type as Scalar.Type & "PLAIN", lineWidth: 20 },
      );
      // The writer may fold a line in the middle of an emoji: no file can hold that.
      fc.pre(Buffer.from(text).toString() === text);
      const scalar = parseDocument(text).get("where", true) as Scalar;
      const value = String(scalar.value);
      for (let offset = 0; offset < value.length; offset++) {
        const character = String.fromCodePoint(value.codePointAt(offset) ?? 0);
        if (/\s/.test(character) || /[\udc00-\udfff]/.test(value[offset] ?? "")) continue;
        const found = text.slice(scalarOffset(scalar, text, offset));
        const escaped = found.startsWith("\\") && !found.startsWith(character);
        expect(
          escaped || found.startsWith(character) || character === "\\",
          `${JSON.stringify(text)} at ${offset}`,
        ).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});
