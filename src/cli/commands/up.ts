import { type Command, Option } from "commander";
import { EXIT, type ExitCode, SegueError, type VerbOptions, type VerbResult } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { reportResult } from "../describe-result.ts";
import { withLeft } from "../with-left.ts";

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
  const { output } = context;
  const results: VerbResult[] = [];
  const onResult = (result: VerbResult): void => void results.push(result);
  const report = (): void => {
    const told = plans.length > 0 || output.json ? results : results.filter((result) => result.changed);
    for (const result of told) reportResult(context, result);
  };
  try {
    await context.running(async (verb) => {
      if (options.to === "expanded") await expandAll(context, plans, { ...verb, onResult });
      else await context.segue.up(plans, { ...verb, contract: options.to !== "ready", onResult });
    });
  } catch (error) {
    report();
    throw afterOthers(error, results);
  }
  report();
  const changed = results.filter((result) => result.changed);
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

/** A plan that is refused changed nothing; but others came before it. */
function afterOthers(error: unknown, results: readonly VerbResult[]): unknown {
  const changed = results.filter((result) => result.changed);
  if (!(error instanceof SegueError) || error.exitCode !== EXIT.refused || changed.length === 0) return error;
  const count = changed.length === 1 ? "1 plan" : `${changed.length} plans`;
  return withLeft(
    error,
    `Nothing of this plan ran; ${count} before it went on, and what comes after it was not tried.`,
  );
}

async function expandAll(
  context: Context,
  words: readonly string[],
  { onResult, ...verb }: VerbOptions & { onResult: (result: VerbResult) => void },
): Promise<void> {
  const { order } = await context.segue.check();
  const wanted = await Promise.all(words.map((word) => context.segue.find(word)));
  for (const { id } of order) {
    if (wanted.length === 0 || wanted.some((plan) => plan.id === id)) onResult(await context.segue.expand(id, verb));
  }
}
