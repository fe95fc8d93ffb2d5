import { type Command, Option } from "commander";
import { EXIT, type ExitCode, type Loss, type ReverseVerbOptions } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { renderReversal } from "../render-reversal.ts";
import { runVerb } from "../run-verb.ts";

interface ReverseOptions {
  readonly to?: "ready";
  readonly dropData?: boolean;
  readonly keepNullable?: boolean;
  readonly loseValues?: boolean;
  readonly fill?: string;
  readonly dryRun?: boolean;
}

/** `segue reverse <plan>` */
export const declareReverse: DeclareCommand = (program, run) => {
  program
    .command("reverse")
    .alias("rollback")
    .argument("<plan>", "its id, file, version or name")
    .description("back to before expand, keeping every row that either application version wrote")
    .addOption(new Option("--to <state>", "take back only the cut-over").choices(["ready"]))
    .option("--dry-run", "show what it restores and what it loses, and change nothing")
    .option("--drop-data", "drop the rows of tables that the plan created")
    .option("--keep-nullable", "leave columns nullable that hold NULLs now")
    .option("--lose-values", "lose values that the old shape can't hold")
    .option("--fill <expression>", "what replaces NULLs in columns that become NOT NULL again")
    .action(async (plan: string, options: ReverseOptions, command: Command) => {
      await run(command, (context) => reverse(context, plan, options));
    });
};

async function reverse(context: Context, plan: string, options: ReverseOptions): Promise<ExitCode> {
  const asked: ReverseVerbOptions = {
    to: options.to,
    accept: accepted(options),
    fill: options.fill,
    yes: context.options.yes,
  };
  if (options.dryRun !== true)
    return await runVerb(context, (verb) => context.segue.reverse(plan, { ...verb, ...asked }));
  const reversal = await context.segue.reverseDryRun(plan, asked);
  context.output.result("reversal", reversal, renderReversal(plan, reversal, asked, context));
  return EXIT.done;
}

function accepted({ dropData, keepNullable, loseValues }: ReverseOptions): NonNullable<Loss["flag"]>[] {
  return [
    ...(dropData === true ? (["--drop-data"] as const) : []),
    ...(keepNullable === true ? (["--keep-nullable"] as const) : []),
    ...(loseValues === true ? (["--lose-values"] as const) : []),
  ];
}
