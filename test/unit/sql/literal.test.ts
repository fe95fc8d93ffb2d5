import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { dollarQuote, literal } from "../../../src/sql/literal.ts";
import { loadParser, parse } from "../../../src/sql/parser.ts";

beforeAll(loadParser);

const texts = fc
  .oneof(
    fc.string({ unit: fc.constantFrom("'", "\\", '"', "$", "segue", "1", "\n", "é", "🙂", "a"), maxLength: 30 }),
    fc.string({ unit: "binary" }),
  )
  .filter((text) => !text.includes("\0"));

/** The constant that PostgreSQL's parser reads in `SELECT <sql>`. */
function read(sql: string): string | undefined {
  const node = parse(`SELECT ${sql}`).statements?.[0]?.node;
  const target = node !== undefined && "SelectStmt" in node ? node.SelectStmt.targetList?.[0] : undefined;
  const value = target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
  return value !== undefined && "A_Const" in value ? (value.A_Const.sval?.sval ?? "") : undefined;
}

describe("literal", () => {
  test.each([
    ["", "''"],
    ["it's", "'it''s'"],
    ["C:\\x", "E'C:\\\\x'"],
    ["\\'; drop", "E'\\\\''; drop'"],
  ])("writes %j as %s", (text, sql) => {
    expect(literal(text)).toBe(sql);
  });

  test("PostgreSQL's parser reads any text back as it was", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(read(literal(text))).toBe(text);
      }),
    );
  });

  test("refuses a NUL", () => {
    expect(() => literal("a\0")).toThrow(expect.objectContaining({ code: "SEG0101" }));
  });
});

describe("dollarQuote", () => {
  test("uses a tag that is nowhere in the body, nor begun at its end", () => {
    expect(dollarQuote("BEGIN END")).toBe("$segue$BEGIN END$segue$");
    expect(dollarQuote("$segue$")).toBe("$segue1$$segue$$segue1$");
    expect(dollarQuote("x$segue")).toBe("$segue1$x$segue$segue1$");
  });

  test("PostgreSQL's parser reads any body back as it was", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(read(dollarQuote(text))).toBe(text);
      }),
    );
  });
});
