import { expect, test } from "vitest";
import { loadParser, parse, scan } from "../../../src/sql/parser.ts";

test("parsing before the parser is loaded says so", () => {
  expect(() => parse("select 1")).toThrow("await loadParser() first");
});

test("a syntax error has its place in UTF-16 units", async () => {
  await loadParser();
  expect(parse("SELECT 'é🙂' = , a")).toEqual({
    statements: null,
    fault: { message: 'syntax error at or near ","', offset: 15 },
  });
});

test("a NUL does not cut the text in silence", async () => {
  await loadParser();
  expect(parse("select 1\0; drop table users").fault).toEqual({ message: "SQL can't hold a NUL", offset: 8 });
});

test("tokens have their place in bytes, with control characters in strings", async () => {
  await loadParser();
  expect(scan("'é\u0001\u001f\r\n' \"\u007f\" -- 🙂\r/* x */ a")).toEqual([
    { start: 0, end: 8, text: "'é  \r\n'", comment: false },
    { start: 9, end: 12, text: '"\u007f"', comment: false },
    { start: 13, end: 20, text: "-- 🙂", comment: true },
    { start: 21, end: 28, text: "/* x */", comment: true },
    { start: 29, end: 30, text: "a", comment: false },
  ]);
});
