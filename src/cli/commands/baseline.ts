import type { Command } from "commander";
import { EXIT, type ExitCode } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { table } from "../table.ts";
import { counted } from "../units.ts";

/** `segue baseline [plan]` */
export const declareBaseline: DeclareCommand = (program, run) => {
  program
    .command("baseline")
    .argument("[plan]", "the last one that stands, by its id, file, version or name; else all do")
    .description("records plans as completed that stand in the database already, and runs nothing")
    .option("--dry-run", "show what it would record, and change nothing")
    .action(async (plan: string | undefined, options: { dryRun?: boolean }, command: Command) => {
      await run(command, (context) => baseline(context, plan, options.dryRun === true));
    });
};

async function baseline(context: Context, word: string | undefined, dryRun: boolean): Promise<ExitCode> {
  const { output, suggest } = context;
  const result = await context.segue.baseline(word, { dryRun });
  const { pending, recorded } = result;
  const { bold, green } = output.colors;
  const lines = table(recorded.map(({ plan, reversible }) => [plan, reversible ? "" : "no way back"]));
  const done =
    recorded.length === 0
      ? "Nothing to record"
      : `${dryRun ? "Would record" : "Recorded"} ${counted(recorded.length, "plan")}`;
  const next = suggest(dryRun ? "the same without --dry-run" : pending.length > 0 ? "segue up" : "segue status");
  const text = [
    ...lines.map((line) => `${dryRun ? " " : green("✔")} ${line}`),
    `${done}; ${counted(pending.length, "plan")} pending.${dryRun ? " Nothing was changed." : ""}`,
    `${bold("Next:")} ${next}`,
  ];
  output.result("baseline", { ...result, dryRun, next }, text.join("\n"));
  return EXIT.done;
}
