import type { Command } from "commander";
import { EXIT, type ExitCode } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { gateLines } from "../report-status.ts";

/** `segue approve <plan> --as <label>` */
export const declareApprove: DeclareCommand = (program, run) => {
  program
    .command("approve")
    .argument("<plan>", "its id, file, version or name")
    .requiredOption("--as <label>", "the label that the plan's approval gate names")
    .description("says yes where a plan's contract waits for it")
    .action(async (plan: string, options: { as: string }, command: Command) => {
      await run(command, (context) => approve(context, plan, options.as));
    });
};

async function approve({ segue, output, suggest }: Context, word: string, label: string): Promise<ExitCode> {
  await segue.approve(word, label);
  const [report] = await segue.status(word);
  const plan = report?.plan ?? word;
  const gates = report?.gates ?? [];
  output.result(
    "approved",
    { plan, label, gates },
    [`${plan} is approved as ${label}.`, ...gateLines(gates, output.colors, suggest)].join("\n"),
  );
  return EXIT.done;
}
