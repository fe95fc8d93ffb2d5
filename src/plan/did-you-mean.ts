import { nearestName } from "../sql/nearest-name.ts";

/** `; did you mean …?`, or what there is to choose from. For the end of an error message. */
export function suggestion(word: string, words: readonly string[]): string {
  const meant = nearestName(word, words);
  if (meant !== undefined) return `; did you mean \`${meant}\`?`;
  return words.length === 0 ? "" : `; it is one of ${quoted(words)}`;
}

export function quoted(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}
