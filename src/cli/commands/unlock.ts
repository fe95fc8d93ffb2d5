import type { Command } from "commander";
import { EXIT, type ExitCode, SegueError, type StatusReport } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";

/** `segue unlock <plan>` */
export const declareUnlock: DeclareCommand = (program, run) => {
  program
    .command("unlock")
    .argument("<plan>", "its id, file, version or name")
    .description("takes the lease of a process that is known to be dead, and ends what it left on the server")
    .action(async (plan: string, _: object, command: Command) => {
      await run(command, (context) => unlock(context, plan));
    });
};

async function unlock(context: Context, word: string): Promise<ExitCode> {
  const { output, segue, suggest } = context;
  const [report] = await segue.status(word);
  if (report?.lease == null) {
    const plan = report?.plan ?? word;
    output.result(
      "unlocked",
      { plan, owner: null, changed: false },
      `Nothing to do: nobody holds the lease of ${plan}.`,
    );
    return EXIT.done;
  }
  const { plan, lease } = report;
  if (!lease.expired) await confirm(context, plan, lease);
  await context.running((verb) => segue.unlock(plan, verb));
  const next = suggest(`Next: segue resume ${plan}`);
  output.result(
    "unlocked",
    { plan, owner: lease.owner, changed: true },
    `${plan} is free: ${lease.owner} can't commit any more.\n${next}`,
  );
  return EXIT.done;
}

async function confirm(context: Context, plan: string, { owner }: NonNullable<StatusReport["lease"]>): Promise<void> {
  if (context.options.yes === true) return;
  if (context.canAsk && (await context.ask(`${owner} was heard of seconds ago. Take ${plan} from it?`))) return;
  throw new SegueError("SEG0306", {
    message: `${owner} holds a live lease of ${plan}, and taking it was not confirmed`,
    object: plan,
    next: `segue unlock ${plan} --yes if that process is known to be dead; its statements are ended`,
  });
}
