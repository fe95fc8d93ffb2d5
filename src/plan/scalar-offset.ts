import type { Scalar } from "yaml";

/** One character of a scalar's value and where it stands in the file. */
interface Unit {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The offset in the file of an offset in a scalar's value. Quotes, escapes, indentation and folding change nothing
 * but white space and the spelling of characters, so the n-th character that is not white space is the same in both.
 */
export function scalarOffset(scalar: Scalar, text: string, offset: number): number {
  if (scalar.range == null) return 0;
  const value = String(scalar.source ?? scalar.value);
  const [start, end] = scalar.range;
  const units = unitsOf(scalar, text.slice(start, end), start).filter((unit) => !/^\s*$/.test(unit.text));
  const before = value.slice(0, offset).replace(/\s+/g, "").length;
  let passed = 0;
  for (const [index, unit] of units.entries()) {
    // In a gap between words: right behind the word before it, unless the next word is meant.
    if (passed >= before)
      return /^\s|^$/.test(value.slice(offset)) && index > 0
        ? Math.min((units[index - 1]?.end ?? unit.start) + gap(value, offset), unit.start)
        : unit.start;
    passed += unit.text.length;
  }
  return units.at(-1)?.end ?? start;
}

/** How many characters of white space lie between the offset and the word before it. */
function gap(value: string, offset: number): number {
  return offset - value.slice(0, offset).trimEnd().length;
}

function unitsOf(scalar: Scalar, written: string, start: number): Unit[] {
  switch (scalar.type) {
    case "QUOTE_SINGLE":
      return units(/''|[^]/g, written.slice(1, -1), start + 1, (match) => (match === "''" ? "'" : match));
    case "QUOTE_DOUBLE":
      return units(/\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[^])|[^]/gi, written.slice(1, -1), start + 1, unescape);
    case "BLOCK_LITERAL":
    case "BLOCK_FOLDED": {
      const header = written.indexOf("\n") + 1;
      return units(/[^]/g, written.slice(header), start + header, (match) => match);
    }
    default:
      return units(/[^]/g, written, start, (match) => match);
  }
}

function units(pattern: RegExp, written: string, start: number, decode: (match: string) => string): Unit[] {
  return Array.from(written.matchAll(pattern), ({ 0: match, index }) => ({
    text: decode(match),
    start: start + index,
    end: start + index + match.length,
  }));
}

/** What an escape of a double-quoted scalar stands for; of those without a number only whether it is white space counts. */
function unescape(match: string): string {
  if (match.length === 1) return match;
  if (/^\\[xuU]/.test(match)) return String.fromCodePoint(Number.parseInt(match.slice(2), 16));
  return /^\\[ntrvfNLP_ \t\r\n]/.test(match) ? " " : match.slice(1);
}
