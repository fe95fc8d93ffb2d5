import type { Command } from "commander";
import { EXIT, type ExitCode, SegueError } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { printable } from "../printable.ts";

/** `segue verify <plan>` */
export const declareVerify: DeclareCommand = (program, run) => {
  program
    .command("verify")
    .argument("<plan>", "its id, file, version or name")
    .description("reads every row and compares the old with the new shape; changes nothing")
    .action(async (plan: string, _: object, command: Command) => {
      await run(command, (context) => verify(context, plan));
    });
};

async function verify(context: Context, plan: string): Promise<ExitCode> {
  const { output } = context;
  const results = await context.running((verb) => context.segue.verify(plan, verb));
  for (const { table, rows, mismatches, samples } of results) {
    const ok = mismatches === 0;
    const mark = ok ? output.colors.green("✔") : output.colors.red("✖");
    const text = `${mark} ${printable(table)}: ${rows} rows, ${mismatches} mismatches${samples.length === 0 ? "" : `, such as ${printable(samples.join(", "))}`}`;
    output.result("verification", { plan, table, rows, mismatches, samples }, text);
  }
  if (results.length === 0)
    output.result(
      "verification",
      { plan, table: null, rows: 0, mismatches: 0, samples: [] },
      "There is nothing to compare.",
    );
  const wrong = results.filter(({ mismatches }) => mismatches > 0);
  if (wrong.length === 0) return EXIT.done;
  throw new SegueError("SEG0405", {
    message: `the old and the new shape disagree in ${wrong.map(({ table }) => table).join(", ")}`,
    object: plan,
    left: "Nothing changed.",
    next: `segue history ${plan}; mend these rows by an update of either side, then segue verify ${plan}`,
  });
}
