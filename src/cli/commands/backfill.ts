import type { Command } from "commander";
import type { DeclareCommand } from "../declare-command.ts";
import { runVerb } from "../run-verb.ts";

/** `segue backfill <plan>` */
export const declareBackfill: DeclareCommand = (program, run) => {
  program
    .command("backfill")
    .argument("<plan>", "its id, file, version or name")
    .description("fills the rows from before, builds indexes, validates constraints; ends in `ready`")
    .action(async (plan: string, _: object, command: Command) => {
      await run(command, (context) => runVerb(context, (verb) => context.segue.backfill(plan, verb)));
    });
};
