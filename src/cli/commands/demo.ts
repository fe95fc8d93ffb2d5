import { type Command, InvalidArgumentError } from "commander";
import type { ExitCode } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";

/** `segue demo` */
export const declareDemo: DeclareCommand = (program, run) => {
  program
    .command("demo")
    .description("the whole story of a migration on a PostgreSQL of its own, with live traffic")
    .option("--rows <count>", "orders that the shop opens with", rowsOf, 300_000)
    .action(async (options: { rows: number }, command: Command) => {
      await run(command, (context) => demo(context, options.rows));
    });
};

/** It brings a server: loaded only by who asks for it. */
async function demo({ interrupts, io, output }: Context, rows: number): Promise<ExitCode> {
  const { runDemo } = await import("../../demo/run-demo.ts");
  interrupts.listen();
  try {
    const { json, colors } = output;
    const options = {
      rows,
      json,
      signal: interrupts.signal,
      out: io.stdout,
      err: io.stderr,
      color: colors.isColorSupported,
    };
    return (await runDemo(options)) as ExitCode;
  } finally {
    interrupts.unlisten();
  }
}

function rowsOf(text: string): number {
  const rows = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  if (rows < 1) throw new InvalidArgumentError("a number of rows is expected, from 1 to 99999999");
  return rows;
}
