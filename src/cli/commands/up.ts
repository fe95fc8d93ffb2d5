import { type Command, Option } from "commander";
import { EXIT, type ExitCode, type VerbOptions, type VerbResult } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { reportResult } from "../describe-result.ts";

interface UpOptions {
  readonly to?: "ready" | "expanded";
  readonly detailedExitcode?: boolean;
}

/** `segue up [plan…]` */
export const declareUp: DeclareCommand = (program, run) => {
  program
    .command("up")
    .argument("[plan...]", "the plans; else all that are pending")
    .description("expands and backfills plans in their order; contracts what is marked `auto`")
    .addOption(new Option("--to <state>", "go no further").choices(["ready", "expanded"]))
    .option("--detailed-exitcode", "exit 2 if work is left, such as a contract")
    .action(async (plans: string[], options: UpOptions, command: Command) => {
      await run(command, (context) => up(context, plans, options));
    });
};

async function up(context: Context, plans: readonly string[], options: UpOptions): Promise<ExitCode> {
  const results = await context.running((verb) =>
    options.to === "expanded"
      ? expandAll(context, plans, verb)
      : context.segue.up(plans, { ...verb, contract: options.to !== "ready" }),
  );
  const { output } = context;
  const changed = results.filter((result) => result.changed);
  for (const result of plans.length > 0 || output.json ? results : changed) reportResult(context, result);
  if (changed.length === 0 && plans.length === 0) {
    output.result(
      "up",
      { plans: results.length, changed: 0 },
      `Nothing to do: ${results.length} ${results.length === 1 ? "plan" : "plans"}.`,
    );
  }
  const isLeft = results.some(({ state }) => state !== "completed");
  return options.detailedExitcode === true && isLeft ? EXIT.workPending : EXIT.done;
}

async function expandAll(
  context: Context,
  words: readonly string[],
  verb: VerbOptions,
): Promise<readonly VerbResult[]> {
  const { order } = await context.segue.check();
  const wanted = await Promise.all(words.map((word) => context.segue.find(word)));
  const results: VerbResult[] = [];
  for (const { id } of order) {
    if (wanted.length === 0 || wanted.some((plan) => plan.id === id))
      results.push(await context.segue.expand(id, verb));
  }
  return results;
}
