import { SegueError } from "../model/errors.ts";

/**
 * A text as an SQL string constant, for statements that take no parameters. Means the same under either setting
 * of standard_conforming_strings: a text with a backslash becomes an escape string, as quote_literal() does.
 *
 * @throws SegueError SEG0101 for a text with a NUL, which PostgreSQL can't hold.
 */
export function literal(value: string): string {
  refuseNul(value);
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes("\\") ? `E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}

/**
 * A function's body between dollar quotes, with a tag that does not end early anywhere in it.
 *
 * @throws SegueError SEG0101 for a body with a NUL.
 */
export function dollarQuote(body: string): string {
  refuseNul(body);
  for (let n = 0; ; n++) {
    const tag = `$segue${n === 0 ? "" : n}$`;
    // A body that ends in `$segue` closes at its own end plus the tag's first character.
    if ((body + tag).indexOf(tag) === body.length) return tag + body + tag;
  }
}

function refuseNul(text: string): void {
  if (text.includes("\0")) {
    throw new SegueError("SEG0101", { message: `a text with a NUL in it can't be stored: ${JSON.stringify(text)}` });
  }
}
