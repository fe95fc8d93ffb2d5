import type { Command } from "commander";
import { EXIT, type ExitCode, SegueError } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { inFlight } from "../in-flight.ts";

/** `segue cancel <plan>` */
export const declareCancel: DeclareCommand = (program, run) => {
  program
    .command("cancel")
    .argument("<plan>", "its id, file, version or name")
    .description("ends a running verb at its next batch, on whatever host it runs")
    .action(async (plan: string, _: object, command: Command) => {
      await run(command, (context) => cancel(context, plan));
    });
};

/** A wish that nobody is there to obey would end the next run instead. */
async function cancel(context: Context, word: string): Promise<ExitCode> {
  const { plan, state, lease } = await inFlight(context, word);
  if (lease === null || lease.expired) {
    throw new SegueError("SEG0302", {
      message: `nobody runs ${plan}: there is nothing to cancel`,
      object: plan,
      next: `segue reverse ${plan} takes it back`,
    });
  }
  await context.segue.cancel(plan);
  const text = `${plan}: ${lease.owner} stops at the next batch boundary.`;
  context.output.result("cancelled", { plan, state, owner: lease.owner }, text);
  return EXIT.done;
}
