import type { Command, CommanderError } from "commander";
import { SegueError } from "../index.ts";

/** commander's words, in ours. Each is tried on the whole message. */
const WORDINGS: readonly (readonly [RegExp, string])[] = [
  [/^unknown command '(.*)'$/s, "there is no command `$1`"],
  [/^unknown option '(.*)'$/s, "there is no flag `$1`"],
  [/^missing required argument '(.*)'$/s, "<$1> is missing"],
  [
    /^too many arguments(?: for '(\S+)')?\. Expected (\d+) arguments? but got (\d+)\.$/,
    "`$1` takes $2 at most, and $3 were given",
  ],
  [/^option '(-.*?)(?: <.*>)?' argument missing$/, "`$1` needs a value"],
  [
    /^option '(-.*?)(?: <.*>)?' argument '(.*)' is invalid\. Allowed choices are (.*)\.$/s,
    "`$1` can't be `$2`; it is one of $3",
  ],
  [/^option '(-.*?)(?: <.*>)?' argument '(.*)' is invalid\. (.*)$/s, "`$1` can't be `$2`: $3"],
  [/^option '(-.*?)(?: <.*>)?' cannot be used with option '(-.*?)(?: <.*>)?'$/, "`$1` and `$2` exclude each other"],
  [/^required option '(-.*)' not specified$/, "`$1` is missing"],
];

/** What commander refuses, as an error like all others. */
export function usageError(error: CommanderError, program: Command, args: readonly string[]): SegueError {
  const [, text = "", near] = /^(?:error: )?([^]*?)(?:\n\(Did you mean (.+)\?\))?$/.exec(error.message) ?? [];
  const wording = WORDINGS.find(([pattern]) => pattern.test(text));
  const said = wording === undefined ? text : text.replace(...wording);
  const command = args.find((word) =>
    program.commands.some((one) => one.name() === word || one.aliases().includes(word)),
  );
  return new SegueError("SEG0502", {
    message: near === undefined ? said : `${said}; did you mean \`${near}\`?`,
    next: `segue ${command === undefined ? "" : `${command} `}--help`,
  });
}
