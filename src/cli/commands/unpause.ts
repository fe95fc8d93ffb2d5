import type { Command } from "commander";
import { EXIT, type ExitCode } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { inFlight } from "../in-flight.ts";

/** `segue unpause <plan>` */
export const declareUnpause: DeclareCommand = (program, run) => {
  program
    .command("unpause")
    .argument("<plan>", "its id, file, version or name")
    .description("lets a paused rollout go on")
    .action(async (plan: string, _: object, command: Command) => {
      await run(command, (context) => unpause(context, plan));
    });
};

async function unpause(context: Context, word: string): Promise<ExitCode> {
  const { plan, state } = await inFlight(context, word);
  const changed = await context.segue.unpause(plan);
  const text = changed ? `${plan} goes on.` : `Nothing to do: ${plan} is not paused.`;
  context.output.result("unpaused", { plan, state, changed }, text);
  return EXIT.done;
}
