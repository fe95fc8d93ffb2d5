import type { GlobalOptions } from "./global-options.ts";

/** Gives the commands in a text the flags that chose this database and these plans. */
export type Suggest = (text: string) => string;

/**
 * A suggested command that lacked `--env production` would run on another database. A URL may hold a password, so that it
 * is only hinted at: pasted as it stands, the command is refused.
 *
 * @param commands the words that can follow `segue`
 */
export function suggester(options: GlobalOptions, commands: readonly string[]): Suggest {
  const flags = [
    options.url === undefined ? "" : " --url …",
    ...(["env", "config", "plans", "schema"] as const).map((name) => {
      const value = options[name];
      return value === undefined ? "" : ` --${name} ${shellWord(value)}`;
    }),
  ].join("");
  const known = new Set(commands);
  if (flags === "") return (text) => text;
  return (text) =>
    text.replace(/(?<![\w-])segue ([a-z]+)/g, (whole, word: string) => (known.has(word) ? `${whole}${flags}` : whole));
}

function shellWord(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
