import type { Reversal, ReverseVerbOptions } from "../index.ts";
import type { Context } from "./context.ts";
import { printable } from "./printable.ts";

/** What a reversal would do and lose. */
export function renderReversal(
  plan: string,
  { steps, losses, irreversible }: Reversal,
  { accept = [], fill, to }: ReverseVerbOptions,
  { output, suggest }: Pick<Context, "output" | "suggest">,
): string {
  const { bold, red, yellow } = output.colors;
  const open = losses.filter(
    ({ loss }) => !accept.includes(loss.flag) && !(fill !== undefined && loss.fillable !== undefined),
  );
  const refused = open.length + irreversible.length > 0;
  const flags = [...(to === "ready" ? ["--to ready"] : []), ...accept, ...(fill === undefined ? [] : ["--fill …"])];
  const command = ["segue reverse", plan, ...flags].join(" ");
  return [
    steps.length === 0 ? "There is nothing to undo." : bold("Would run"),
    ...steps.map(({ title }) => `  ${printable(title)}`),
    ...(losses.length === 0 ? [] : [bold("Would lose")]),
    ...losses.map(({ loss, count, sample }) => {
      const consent = open.some((one) => one.loss === loss)
        ? red(`needs ${loss.flag}${loss.fillable === undefined ? "" : " or --fill"}`)
        : yellow("consented to");
      return `  ${printable(loss.what)}: ${count} rows, such as ${printable(sample.join(", "))} (${consent})`;
    }),
    ...(irreversible.length === 0 ? [] : [bold("Would stay")]),
    ...irreversible.map(({ title, reason }) => `  ${printable(title)}: ${printable(reason)}`),
    "Nothing was changed.",
    ...(refused || steps.length === 0 ? [] : [`${bold("Next:")} ${suggest(command)}`]),
  ].join("\n");
}
