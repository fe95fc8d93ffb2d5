/**
 * The names that a function's body may mean: its words as the server folds them, quoted identifiers as they are,
 * and of string constants (dynamic SQL) the words and the whole. Comments are left out. This reads any language's
 * text without knowing its grammar: it finds too much rather than too little.
 */
export function wordsOfBody(body: string): ReadonlySet<string> {
  const words = new Set<string>();
  for (const [token] of body.matchAll(TOKEN)) {
    if (token.startsWith("--") || token.startsWith("/*")) continue;
    if (token.startsWith('"')) words.add(token.slice(1, -1).replaceAll('""', '"'));
    else if (token.startsWith("'")) {
      const text = token.slice(1, -1).replaceAll("''", "'");
      words.add(text);
      for (const word of wordsOfBody(text)) words.add(word);
    } else words.add(fold(token));
  }
  return words;
}

// Comments, quoted identifiers, string constants, words: whichever begins first swallows the others.
const TOKEN = /--[^\n]*|\/\*[^]*?\*\/|"(?:[^"]|"")+"|'(?:[^']|'')*'|[\p{L}_][\p{L}\p{N}\p{M}_$]*/gu;

/** The server folds ASCII alone in UTF-8. */
function fold(word: string): string {
  return word.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
