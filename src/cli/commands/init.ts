import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { EXIT, type ExitCode, SegueError } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { withLeft } from "../with-left.ts";

const CONFIG = `# Segue. Every key is optional; flags and environment variables come before it.
plans: plans
schema: public
database:
  url_env: DATABASE_URL
# settings:
#   lock: { timeout: 500ms, budget: 10m }
#   backfill: { batch_time: 50ms, throttle: { replica_lag: 5s } }
#   contract: { soak: 24h }
# environments:
#   production:
#     database: { url_env: PROD_DIRECT_URL }
#     settings: { contract: { soak: 72h } }
`;

/** `segue init` */
export const declareInit: DeclareCommand = (program, run) => {
  program
    .command("init")
    .description("writes segue.yaml and the folder of plans, and installs the journal where a database is named")
    .option("--print-sql", "print what installs the journal, for an owner to run, and do nothing")
    .action(async (options: { printSql?: boolean }, command: Command) => {
      await run(command, (context) => (options.printSql === true ? printSql(context) : init(context)));
    });
};

async function printSql({ segue, output }: Context): Promise<ExitCode> {
  const sql = segue.initScript();
  await Promise.resolve(output.result("sql", { sql }, sql));
  return EXIT.done;
}

async function init(context: Context): Promise<ExitCode> {
  const { segue, output } = context;
  const written = await writeFiles(context);
  const journal = await installJournal(context, written);
  const files =
    written.length === 0
      ? "The configuration and the folder of plans stand already."
      : `Wrote ${written.join(" and ")}.`;
  const database =
    journal === "installed"
      ? "The journal is installed."
      : "No database is named: the first expand installs the journal.";
  const next =
    (await segue.plans()).length === 0 ? "Next: segue new add_column <table> <column> <type>" : "Next: segue status";
  output.result("init", { written, journal }, [`${files} ${database}`, context.suggest(next)].join("\n"));
  return EXIT.done;
}

/** What a person has written stays. */
async function writeFiles({ io, options, segue }: Context): Promise<string[]> {
  const written: string[] = [];
  const files = options.config === undefined ? ["segue.yaml", "segue.yml"] : [options.config];
  const [file = "segue.yaml"] = files;
  if (!files.some((name) => existsSync(resolve(io.cwd, name)))) {
    await writeFile(resolve(io.cwd, file), CONFIG, { flag: "wx" });
    written.push(file);
  }
  const plans = await segue.folder();
  if (!existsSync(resolve(io.cwd, plans))) {
    await mkdir(resolve(io.cwd, plans), { recursive: true });
    written.push(`${plans}/`);
  }
  return written;
}

async function installJournal({ segue }: Context, written: readonly string[]): Promise<"installed" | "no database"> {
  try {
    await segue.init();
    return "installed";
  } catch (error) {
    if (!(error instanceof SegueError)) throw error;
    if (error.code === "SEG0504") return "no database";
    if (written.length === 0) throw error;
    const files = `${written.join(" and ")} ${written.length === 1 ? "was" : "were"} written`;
    throw withLeft(error, `The journal is not installed; ${files}.`);
  }
}
