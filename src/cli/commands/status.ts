import { type Command, Option } from "commander";
import { EXIT, type ExitCode } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { durationOf } from "../global-options.ts";
import { allStatuses, isPending } from "../pending-plans.ts";
import { reportStatus } from "../report-status.ts";
import { WAIT_GOALS, type WaitGoal, waitFor } from "../wait-for.ts";
import { watch } from "../watch.ts";

interface StatusOptions {
  readonly watch?: boolean;
  readonly wait?: boolean;
  readonly for: WaitGoal;
  readonly timeout: number;
  readonly detailedExitcode?: boolean;
}

/** `segue status [plan]` */
export const declareStatus: DeclareCommand = (program, run) => {
  program
    .command("status")
    .argument("[plan]", "its id, file, version or name; else all plans")
    .description("where rollouts stand, and the command that goes on from there")
    .addOption(new Option("--watch", "show it again whenever it changes").conflicts("wait"))
    .option("--wait", "wait for a state; exit 4 when the time is up")
    .addOption(new Option("--for <state>", "what to wait for").choices(WAIT_GOALS).default("ready"))
    .option("--timeout <duration>", "how long to wait", durationOf, 3_600_000)
    .option("--detailed-exitcode", "exit 2 if anything is pending or in flight")
    .action(async (plan: string | undefined, options: StatusOptions, command: Command) => {
      await run(command, (context) => status(context, plan, options));
    });
};

async function status(context: Context, plan: string | undefined, options: StatusOptions): Promise<ExitCode> {
  if (options.watch === true) return await watch(context, plan);
  const reports =
    options.wait === true
      ? await waitFor(context, plan, { goal: options.for, timeout: options.timeout })
      : await allStatuses(context, plan);
  reportStatus(context, reports, plan !== undefined);
  return options.detailedExitcode === true && reports.some(isPending) ? EXIT.workPending : EXIT.done;
}
