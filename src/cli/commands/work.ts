import type { Command } from "commander";
import { EXIT, type ExitCode, type WorkResult } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { printable } from "../printable.ts";

/** `segue work <plan>` */
export const declareWork: DeclareCommand = (program, run) => {
  program
    .command("work")
    .argument("<plan>", "its id, file, version or name")
    .description("joins a backfill that runs, also from another host: fills beside its runner until nothing is left")
    .action(async (plan: string, _: object, command: Command) => {
      await run(command, (context) => work(context, plan));
    });
};

async function work(context: Context, word: string): Promise<ExitCode> {
  const result = await context.running((verb) => context.segue.work(word, verb));
  const next =
    result.ended === "moved on" || result.hasRunner ? "" : `\n${context.suggest(`Next: segue resume ${result.plan}`)}`;
  context.output.result("worked", result, `${sentence(result)}${next}`);
  return EXIT.done;
}

function sentence({ plan, extents, ended, state, hasRunner }: WorkResult): string {
  const did = `this worker has filled ${extents} part${extents === 1 ? "" : "s"} of its tables`;
  const name = printable(plan);
  switch (ended) {
    case "done":
      return `Nothing of ${name} is left to be filled; ${did}. ${hasRunner ? "Its runner goes on." : "No runner is at it, and only one ends the step."}`;
    case "no runner":
      return `No runner is at ${name}: what is left to be filled begins when one goes on; ${did}.`;
    case "moved on":
      return `${name} is ${state} by now; ${did}.`;
    default:
      return ended satisfies never;
  }
}
