import type { Problem } from "../model/errors.ts";
import { displayWidth } from "./display-width.ts";

/** How much of a long line is shown around the caret. */
const MOST = 120;

/** Problems as text: `file:line:column: message`, the line of the file and a caret below the place. */
export function renderProblems(problems: readonly Problem[]): string {
  return problems.map(renderProblem).join("\n");
}

function renderProblem({ message, at, source }: Problem): string {
  if (at === undefined) return printable(message);
  const head = `${printable(at.file)}:${at.line}:${at.column}: ${printable(message)}`;
  if (source === undefined || source.trim() === "") return head;
  const { line, before } = cut(source, at.column - 1);
  // Tabs stay tabs, so that the caret is below its place however wide a terminal makes them.
  const space = before.split("\t").map((text) => " ".repeat(displayWidth(printable(text))));
  return `${head}\n    ${printable(line)}\n    ${space.join("\t")}^`;
}

/** A window of a long line, and what of it stands before the caret. */
function cut(source: string, caret: number): { line: string; before: string } {
  if (source.length <= MOST) return { line: source, before: source.slice(0, caret) };
  const from = whole(source, Math.max(0, Math.min(caret - MOST / 2, source.length - MOST)));
  const to = whole(source, from + MOST);
  const head = from > 0 ? "…" : "";
  return {
    line: head + source.slice(from, to) + (to < source.length ? "…" : ""),
    before: head + source.slice(from, caret),
  };
}

/** An offset that cuts no surrogate pair in two. */
function whole(source: string, offset: number): number {
  return /[\udc00-\udfff]/.test(source[offset] ?? "") ? offset + 1 : offset;
}

/** A file must not speak to the terminal: control characters but the tab are shown as symbols. */
function printable(text: string): string {
  return text.replace(/(?!\t)[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\ufffd";
  });
}
