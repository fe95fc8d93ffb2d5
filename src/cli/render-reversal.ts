import type { DryRun, ReverseVerbOptions } from "../index.ts";
import type { Context } from "./context.ts";
import { printable } from "./printable.ts";

/** What a reversal would do and lose. */
export function renderReversal(
  plan: string,
  reversal: DryRun,
  { accept = [], fill, to }: ReverseVerbOptions,
  { output, suggest }: Pick<Context, "output" | "suggest">,
): string {
  if (reversal.inverse !== null) return renderInverse(plan, reversal.inverse, accept, { output, suggest });
  const { steps, losses, stays, irreversible } = reversal;
  const { bold, red, yellow } = output.colors;
  const open = losses.filter(
    ({ loss }) =>
      !(loss.flag !== null && accept.includes(loss.flag)) && !(fill !== undefined && loss.fillable !== undefined),
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
        ? red(
            loss.flag === null
              ? "repair them first"
              : `needs ${loss.flag}${loss.fillable === undefined ? "" : " or --fill"}`,
          )
        : yellow("consented to");
      return `  ${printable(loss.what)}: ${count} rows, such as ${printable(sample.join(", "))} (${consent})`;
    }),
    ...(irreversible.length + stays.length === 0 ? [] : [bold("Would stay")]),
    ...stays.map((what) => `  ${printable(what)}`),
    ...irreversible.map(({ title, reason }) => `  ${printable(title)}: ${printable(reason)}`),
    "Nothing was changed.",
    ...(refused || steps.length === 0 ? [] : [`${bold("Next:")} ${suggest(command)}`]),
  ].join("\n");
}

/** What was dropped can't be shown again: it is built anew, by a rollout of its own. */
function renderInverse(
  plan: string,
  { plan: inverse, toReady, afterDeploy, lost }: NonNullable<DryRun["inverse"]>,
  accept: NonNullable<ReverseVerbOptions["accept"]>,
  { output, suggest }: Pick<Context, "output" | "suggest">,
): string {
  const { bold, red, yellow } = output.colors;
  const consented = accept.includes("--lose-values");
  const flag = lost.length === 0 || !consented ? "" : " --lose-values";
  return [
    `The old shape was dropped: ${printable(inverse)}, a rollout of its own, builds it again.`,
    bold("Would run"),
    ...toReady.map(({ title }) => `  ${printable(title)}`),
    bold("And then, after the old version was deployed, by the same command"),
    ...afterDeploy.map(({ title }) => `  ${printable(title)}`),
    ...(lost.length === 0 ? [] : [bold("Would lose")]),
    ...lost.map((what) => `  ${printable(what)} (${consented ? yellow("consented to") : red("needs --lose-values")})`),
    "Nothing was changed.",
    ...(lost.length > 0 && !consented ? [] : [`${bold("Next:")} ${suggest(`segue reverse ${plan}${flag}`)}`]),
  ].join("\n");
}
