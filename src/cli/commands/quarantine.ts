import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { EXIT, type ExitCode, type QuarantineList, type QuarantineRow, SegueError } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { printable, printableJson, shortened } from "../printable.ts";
import { counted, moment } from "../units.ts";

interface QuarantineOptions {
  readonly limit?: number;
  readonly all?: boolean;
}

/** `segue quarantine <plan> list|retry` */
export const declareQuarantine: DeclareCommand = (program, run) => {
  program
    .command("quarantine")
    .argument("<plan>", "its id, file, version or name")
    .addArgument(new Argument("<what>", "list them, or retry them now").choices(["list", "retry"]))
    .description("the rows whose value can't be computed: which they are, and whether they can be filled by now")
    .addOption(new Option("--limit <number>", "the most rows that are shown (default: 20)").argParser(limitOf))
    .option("--all", "list those that are settled, too")
    .action(async (plan: string, what: "list" | "retry", options: QuarantineOptions, command: Command) => {
      await run(command, (context) => (what === "list" ? list(context, plan, options) : retry(context, plan, options)));
    });
};

function limitOf(text: string): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit === 0) throw new InvalidArgumentError("it is a whole number over 0");
  return limit;
}

async function list(context: Context, word: string, options: QuarantineOptions): Promise<ExitCode> {
  const found = await context.segue.quarantine(word, options);
  tellRows(context, found, heading(found, options.all === true));
  tellEnd(context, found, {}, [more(found), nextLine(context, found)]);
  return EXIT.done;
}

async function retry(context: Context, word: string, { all, limit }: QuarantineOptions): Promise<ExitCode> {
  if (all === true)
    throw new SegueError("SEG0502", { message: "`--all` is for `list`", next: "segue quarantine --help" });
  const found = await context.running((verb) => context.segue.retryQuarantined(word, { ...verb, limit }));
  const { open, plan, settled } = found;
  tellRows(context, found, "");
  const lines = [more(found), summary(plan, settled, open)];
  tellEnd(context, found, { settled }, open === 0 ? [...lines, nextLine(context, found)] : lines);
  if (open === 0) return EXIT.done;
  throw new SegueError("SEG0404", {
    message: `${counted(open, "row")} of ${plan} still can't be filled`,
    object: plan,
    left: settled === 0 ? "Nothing changed but their errors." : "The others are settled.",
    ...(found.next === null ? {} : { next: found.next }),
  });
}

function summary(plan: string, settled: number, open: number): string {
  if (settled + open === 0) return `Nothing to do: no row of ${plan} is open.`;
  const left = open === 0 ? "none is left" : `${open} ${open === 1 ? "is" : "are"} left`;
  return `${counted(settled, "row")} of ${plan} ${settled === 1 ? "is" : "are"} settled: filled, or with nothing to fill any more; ${left}.`;
}

function heading({ plan, open, total, state, next }: QuarantineList, all: boolean): string {
  if (total === 0) return all ? `No row of ${plan} was ever put aside.` : `No row of ${plan} is open.`;
  const settled =
    total > open ? ` ${counted(total - open, "more row")} ${total - open === 1 ? "is" : "are"} not any more.` : "";
  if (open === 0) return `No row of ${plan} is open.${settled}`;
  const waits = next !== null && !["contracting", "soaking", "dropping", "reversing"].includes(state);
  return `${counted(open, "row")} of ${plan} ${open === 1 ? "is" : "are"} open${waits ? ": it waits for them" : ""}.${settled}`;
}

function tellRows({ output }: Context, { plan, rows }: QuarantineList, title: string): void {
  if (!output.json && title !== "") output.raw(`${title}\n`);
  for (const row of rows) output.result("quarantine_row", { plan, ...row }, linesOf(row).join("\n"));
}

function linesOf(row: QuarantineRow): string[] {
  const { columns, error, key, since, source, sqlstate, state, table } = row;
  const where = columns.length === 0 ? "" : `${printable(columns.join(", "))}: `;
  const by = source === "fill" ? "by the fill" : "by a client's write";
  return [
    `${printable(table)} ${printableJson(key)}`,
    `    ${where}${shortened(error, 300)} (SQLSTATE ${sqlstate})`,
    `    ${state === "open" ? "" : `${state}; `}put aside ${by}, first at ${moment(new Date(since))}`,
  ];
}

function more({ rows, total }: QuarantineList): string {
  return total > rows.length ? `… and ${total - rows.length} more: --limit ${total} shows all` : "";
}

function nextLine({ output, suggest }: Context, { next }: QuarantineList): string {
  return next === null ? "" : `${output.colors.bold("Next:")} ${suggest(next)}`;
}

function tellEnd(
  { output, suggest }: Context,
  { next, open, plan, rows, state, total }: QuarantineList,
  fields: object,
  lines: readonly string[],
): void {
  const all = { plan, state, open, total, shown: rows.length, ...fields, next: next === null ? null : suggest(next) };
  output.result("quarantine", all, lines.filter((line) => line !== "").join("\n"));
}
