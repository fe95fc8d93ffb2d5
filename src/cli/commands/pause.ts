import type { Command } from "commander";
import { EXIT, type ExitCode } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { inFlight } from "../in-flight.ts";

/** `segue pause <plan>` */
export const declarePause: DeclareCommand = (program, run) => {
  program
    .command("pause")
    .argument("<plan>", "its id, file, version or name")
    .description("halts a rollout at its next batch, on whatever host it runs")
    .action(async (plan: string, _: object, command: Command) => {
      await run(command, (context) => pause(context, plan));
    });
};

async function pause(context: Context, word: string): Promise<ExitCode> {
  const { plan, state } = await inFlight(context, word);
  await context.segue.pause(plan);
  const next = context.suggest(`Next: segue unpause ${plan}`);
  context.output.result("paused", { plan, state }, `${plan} is paused: it halts at the next batch boundary.\n${next}`);
  return EXIT.done;
}
