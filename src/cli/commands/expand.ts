import type { Command } from "commander";
import type { DeclareCommand } from "../declare-command.ts";
import { runVerb } from "../run-verb.ts";

/** `segue expand <plan>` */
export const declareExpand: DeclareCommand = (program, run) => {
  program
    .command("expand")
    .argument("<plan>", "its id, file, version or name")
    .description("adds the new shape beside the old one, and keeps both in sync")
    .action(async (plan: string, _: object, command: Command) => {
      await run(command, (context) => runVerb(context, (verb) => context.segue.expand(plan, verb)));
    });
};
