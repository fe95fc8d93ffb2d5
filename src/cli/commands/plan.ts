import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { EXIT, type ExitCode, SegueError } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { renderPlan } from "../render-plan.ts";
import { renderScript } from "../render-script.ts";

interface PlanOptions {
  readonly explain?: boolean;
  readonly sql?: boolean;
  readonly out?: string;
}

/** `segue plan <plan>` */
export const declarePlan: DeclareCommand = (program, run) => {
  program
    .command("plan")
    .argument("<plan>", "its id, file, version or name")
    .description("read-only: the steps of each phase on this database, their locks and what can be taken back")
    .addOption(new Option("--explain", "print the plan in explicit phases, as YAML").conflicts(["sql", "out"]))
    .option("--sql", "print the steps as an SQL script")
    .option("--out <file>", "also save the compiled program, as JSON")
    .action(async (plan: string, options: PlanOptions, command: Command) => {
      await run(command, (context) => showPlan(context, plan, options));
    });
};

async function showPlan(context: Context, word: string, options: PlanOptions): Promise<ExitCode> {
  const { segue, output } = context;
  if (options.explain === true) {
    const yaml = await segue.explain(word);
    output.result("explanation", { plan: word, yaml }, yaml);
    return EXIT.done;
  }
  const report = await segue.plan(word);
  if (options.out !== undefined) await save(context, options.out, `${JSON.stringify(report, null, 2)}\n`);
  if (options.sql === true)
    output.result("script", { plan: report.plan, sql: renderScript(report) }, renderScript(report));
  else output.result("plan", report, renderPlan(report, context));
  return EXIT.done;
}

async function save({ io, output }: Context, file: string, text: string): Promise<void> {
  try {
    await writeFile(resolve(io.cwd, file), text);
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new SegueError("SEG0502", { message: `${file} can't be written: ${why}`, left: "Nothing changed.", cause });
  }
  output.note(`Saved ${file}`);
}
