import type { Command } from "commander";
import { EXIT, type ExitCode, scaffoldArguments } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";

/** `segue new <operation> [args…]` */
export const declareNew: DeclareCommand = (program, run) => {
  const operations = Object.entries(scaffoldArguments()).map(
    ([operation, words]) => `  ${[operation, ...words.map((word) => `<${word}>`)].join(" ")}`,
  );
  program
    .command("new")
    .argument("<operation>", "what the plan does")
    .argument("[args...]", "its fields; what is left out becomes a placeholder")
    .option("--name <name>", "the plan's name")
    .description("writes a plan file of one operation")
    .addHelpText("after", `\nOperations:\n${operations.join("\n")}`)
    .action(async (operation: string, args: string[], options: { name?: string }, command: Command) => {
      await run(command, (context) => scaffold(context, operation, args, options.name));
    });
};

async function scaffold(
  context: Context,
  operation: string,
  args: readonly string[],
  name: string | undefined,
): Promise<ExitCode> {
  const written = await context.segue.scaffold({ operation, args, name });
  const next = context.suggest(`Next: look it over, then segue check and segue plan ${written.plan}`);
  context.output.result("new", written, `Wrote ${written.file}\n${next}`);
  return EXIT.done;
}
