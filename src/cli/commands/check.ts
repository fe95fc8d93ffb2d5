import type { Command } from "commander";
import { EXIT, type ExitCode } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { pendingPlans } from "../pending-plans.ts";
import { printable } from "../printable.ts";
import { table } from "../table.ts";

/** `segue check [plan…]` */
export const declareCheck: DeclareCommand = (program, run) => {
  program
    .command("check")
    .argument("[plan...]", "the plans to list; all are read, for they are checked against each other")
    .description("offline: parses, validates and orders all plans, and finds conflicts between them")
    .option("--detailed-exitcode", "asks the database too: exit 2 if any of them is not completed")
    .action(async (plans: string[], options: { detailedExitcode?: boolean }, command: Command) => {
      await run(command, (context) => check(context, plans, options.detailedExitcode === true));
    });
};

async function check(context: Context, words: readonly string[], detailed: boolean): Promise<ExitCode> {
  const { segue, output } = context;
  const { order } = await segue.check();
  const wanted = await Promise.all(words.map((word) => segue.find(word)));
  const listed = words.length === 0 ? order : order.filter(({ id }) => wanted.some((plan) => plan.id === id));
  const lines = table(listed.map(({ id, description }) => [id, description]));
  for (const [index, { id, file, description, hash }] of listed.entries()) {
    output.result(
      "checked",
      { plan: id, file, description, hash },
      `${output.colors.green("✔")} ${lines[index] ?? ""}`,
    );
  }
  const count = listed.length === 1 ? "1 plan is valid." : `${listed.length} plans are valid, and run in this order.`;
  output.result("check", { plans: listed.length }, printable(listed.length === 0 ? "There are no plans." : count));
  if (!detailed) return EXIT.done;
  const pending = new Set(await pendingPlans(context));
  return listed.some(({ id }) => pending.has(id)) ? EXIT.workPending : EXIT.done;
}
