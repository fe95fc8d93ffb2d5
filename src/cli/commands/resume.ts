import { type Command, Option } from "commander";
import { EXIT, type ExitCode } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { reportResult } from "../describe-result.ts";

interface ResumeOptions {
  readonly rerun?: boolean;
  readonly skip?: boolean;
}

/** `segue resume [plan]` */
export const declareResume: DeclareCommand = (program, run) => {
  program
    .command("resume")
    .argument("[plan]", "its id, file, version or name; else all that were interrupted")
    .description("goes on with what was interrupted, in the direction in which it was going")
    .addOption(new Option("--rerun", "run a statement again that was cut off").conflicts("skip"))
    .option("--skip", "take a statement that was cut off as done")
    .action(async (plan: string | undefined, options: ResumeOptions, command: Command) => {
      await run(command, (context) => resume(context, plan, options));
    });
};

async function resume(context: Context, plan: string | undefined, { rerun, skip }: ResumeOptions): Promise<ExitCode> {
  const uncertain = rerun === true ? "rerun" : skip === true ? "skip" : undefined;
  const yes = context.options.yes === true;
  const results = await context.running((verb) => context.segue.resume(plan, { ...verb, uncertain, yes }));
  for (const result of results) reportResult(context, result);
  if (results.length > 0) return EXIT.done;
  const [status] = plan === undefined ? [] : await context.segue.status(plan);
  const next = status?.next == null ? "" : ` Next: ${context.suggest(status.next)}`;
  const text =
    status === undefined ? "Nothing was interrupted." : `Nothing to resume: ${status.plan} is ${status.state}.${next}`;
  context.output.result("resume", { plan: plan ?? null, resumed: 0, state: status?.state ?? null }, text);
  return EXIT.done;
}
