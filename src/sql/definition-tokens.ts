import type { Token } from "./parser.ts";

/** A change of a text: bytes [start, end) become `text`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Applies edits that do not overlap, in any order. Offsets are bytes of UTF-8, as the parser counts. */
export function applyEdits(sql: string, edits: readonly Edit[]): string {
  const bytes = Buffer.from(sql, "utf8");
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(bytes.toString("utf8", at, start), text);
    at = end;
  }
  return parts.join("") + bytes.toString("utf8", at);
}

/** True for an unquoted word, whatever its case; a quoted name keeps its quotes in a token and never matches. */
export function isWord(token: Token | undefined, word: string): boolean {
  return token?.text.toUpperCase() === word;
}

/** The place of the first token from `from` on, outside of brackets, that passes; -1 if there is none. */
export function findOutside(
  tokens: readonly Token[],
  from: number,
  passes: (token: Token, at: number) => boolean,
): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (depth === 0 && passes(token, at)) return at;
    depth += bracket(token);
  }
  return -1;
}

/**
 * The first token of each item of a comma-separated list. A plain name has no offset of its own in the parse tree
 * of a list of keys; where the tree says that an item is one, its first token is the name.
 *
 * @param from The place of the first item's first token.
 * @returns The tokens, and the place of the token that ends the list: a closing bracket, or one that `ends` it.
 */
export function listItems(
  tokens: readonly Token[],
  from: number,
  ends: (token: Token) => boolean,
): { readonly items: readonly Token[]; readonly end: number } {
  const items: Token[] = [];
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (depth === 0 && (bracket(token) < 0 || ends(token))) return { items, end: at };
    if (depth === 0 && (at === from || tokens[at - 1]?.text === ",")) items.push(token);
    depth += bracket(token);
  }
  return { items, end: tokens.length };
}

function bracket({ text }: Token): -1 | 0 | 1 {
  if (text === "(" || text === "[") return 1;
  return text === ")" || text === "]" ? -1 : 0;
}
