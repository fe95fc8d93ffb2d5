import { expect, test } from "vitest";
import { displayWidth } from "../../../src/plan/display-width.ts";
import { renderProblems } from "../../../src/plan/render-problems.ts";

const render = (source: string, column: number) =>
  renderProblems([{ message: "wrong", at: { file: "a.yaml", line: 3, column }, source }]);

test("a problem is its place, its line and a caret", () => {
  expect(render("  - tabel: users", 5)).toBe("a.yaml:3:5: wrong\n      - tabel: users\n        ^");
});

test("several problems stand below each other, and one without a place is its message", () => {
  const at = { file: "a.yaml", line: 1, column: 1 };
  expect(renderProblems([{ message: "first" }, { message: "second", at }])).toBe("first\na.yaml:1:1: second");
});

test("tabs stay tabs, so that the caret is right however wide they are", () => {
  expect(render("\tselect\twrong", 9)).toBe("a.yaml:3:9: wrong\n    \tselect\twrong\n    \t      \t^");
});

test("the caret stands below its character, behind wide and combining ones", () => {
  expect(render("日本🙂e\u0301: x", 7)).toBe("a.yaml:3:7: wrong\n    日本🙂e\u0301: x\n           ^");
});

test("a long line is cut to a window around the caret", () => {
  const lines = render(`${"a".repeat(300)}X${"b".repeat(300)}`, 301).split("\n");
  expect(lines[1]).toBe(`    …${"a".repeat(60)}X${"b".repeat(59)}…`);
  expect(lines[2]).toBe(`    ${" ".repeat(61)}^`);
});

test("a file can't send sequences to the terminal", () => {
  expect(render("a: \u001b[2J\u202e", 1)).toBe("a.yaml:3:1: wrong\n    a: ␛[2J\ufffd\n    ^");
});

test.each([
  ["", 0],
  ["abc", 3],
  ["ä", 1],
  ["日本", 4],
  ["한", 2],
  ["ｆ", 2],
  ["🙂", 2],
  ["👩‍👩‍👧", 2],
  ["e\u0301", 1],
  ["\u200b", 0],
])("%j is %d wide", (text, width) => {
  expect(displayWidth(text)).toBe(width);
});
