import { type Command, Option } from "commander";
import { EXIT, type ExitCode, type ImportOptions, type ImportResult, TOOL_NAMES } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { printable } from "../printable.ts";
import { table } from "../table.ts";
import { counted, moment } from "../units.ts";

/** `segue import <folder>` */
export const declareImport: DeclareCommand = (program, run) => {
  program
    .command("import")
    .argument("<folder>", "the migrations that another tool ran")
    .description("takes over from another tool: records what it has applied, to go on from there")
    .addOption(new Option("--from <tool>", "the tool, where that can't be told").choices(TOOL_NAMES))
    .option("--table <name>", "the tool's own table, where it is not called as usual")
    .option("--skip-missing", "leave out what was applied and has no file any more")
    .option("--dry-run", "show what it would record, and change nothing")
    .action(async (folder: string, options: ImportOptions, command: Command) => {
      await run(command, (context) => importHistory(context, folder, options));
    });
};

async function importHistory(context: Context, folder: string, options: ImportOptions): Promise<ExitCode> {
  const { output, suggest } = context;
  const result = await context.segue.importHistory(folder, options);
  const dryRun = options.dryRun === true;
  const { bold, green, yellow } = output.colors;
  const lines = table(
    result.imported.map(({ appliedAt, plan, reversible }) => [
      plan,
      appliedAt === null ? "" : `applied ${moment(new Date(appliedAt))}`,
      reversible ? "" : "no way down",
    ]),
  );
  const odd = [...result.known.flatMap(knownBetter), ...result.skipped.map((name) => `${name} has no file: left out`)];
  const next = suggest(advice(result, dryRun));
  const text = [
    ...lines.map((line) => `${dryRun ? " " : green("✔")} ${line}`),
    ...odd.map((line) => `${yellow("!")} ${suggest(printable(line))}`),
    summary(result, dryRun),
    `${bold("Next:")} ${next}`,
  ];
  output.result("import", { ...result, dryRun, next }, text.join("\n"));
  return EXIT.done;
}

/** What the tool says is applied, and the journal does not. */
function knownBetter({ plan, state }: ImportResult["known"][number]): string[] {
  if (state === "completed") return [];
  if (state === "reversed") return [`${plan} was reversed here: segue expand ${plan} runs it again`];
  return [`${plan} is ${state} here: if it was tried too early, segue reverse ${plan}, and import again`];
}

function summary({ imported, known, pending, table: from, tool }: ImportResult, dryRun: boolean): string {
  const whose = printable(`of ${tool} (${from})`);
  const what = counted(imported.length, known.length === 0 ? "migration" : "more migration");
  const done =
    imported.length === 0 ? `Nothing to record ${whose}` : `${dryRun ? "Would record" : "Recorded"} ${what} ${whose}`;
  return `${done}; ${counted(pending.length, "plan")} pending.${dryRun ? " Nothing was changed." : ""}`;
}

function advice({ folder, isPlansFolder, pending, tool }: ImportResult, dryRun: boolean): string {
  if (dryRun) return "the same without --dry-run";
  const first = isPlansFolder ? "" : `set \`plans: ${printable(folder)}\` in segue.yaml, `;
  return `${first}let nothing run ${tool} any more, then ${pending.length > 0 ? "segue up" : "segue status"}`;
}
