import type { Command } from "commander";
import { type ContractVerbOptions, type VerbOptions } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { printable } from "../printable.ts";
import { runVerb } from "../run-verb.ts";

/** `segue contract <plan>` */
export const declareContract: DeclareCommand = (program, run) => {
  program
    .command("contract")
    .argument("<plan>", "its id, file, version or name")
    .description("asks the gates, hides the old shape, and after the soak drops it")
    .action(async (plan: string, _: object, command: Command) => {
      await run(command, (context) =>
        runVerb(context, (verb) => context.segue.contract(plan, confirming(context, plan, verb))),
      );
    });
};

/** The drop is the one thing that can't be taken back: `--yes`, or a person's answer. */
function confirming(context: Context, plan: string, verb: VerbOptions): ContractVerbOptions {
  if (context.options.yes === true || !context.canAsk) return { ...verb, yes: context.options.yes === true };
  return {
    ...verb,
    confirmDrop: () => context.ask(`Drop the old shape of ${printable(plan)}? This can't be taken back.`),
  };
}
