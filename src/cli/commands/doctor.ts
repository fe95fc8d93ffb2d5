import type { Command } from "commander";
import { EXIT, type ExitCode, type Finding, SegueError } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { table } from "../table.ts";
import type { Colors } from "../terminal.ts";

/** `segue doctor` */
export const declareDoctor: DeclareCommand = (program, run) => {
  program
    .command("doctor")
    .description("looks at the connection, the role, the journal and what could stand in a rollout's way")
    .action(async (_: object, command: Command) => {
      await run(command, doctor);
    });
};

async function doctor(context: Context): Promise<ExitCode> {
  const { output, suggest } = context;
  const findings = await context.segue.doctor().catch(withoutCircle);
  const lines = table(findings.map(({ check, detail }) => [check, detail]));
  for (const [index, finding] of findings.entries()) {
    output.result("finding", finding, `${mark(finding, output.colors)} ${suggest(lines[index] ?? "")}`);
  }
  const problems = findings.filter(({ level }) => level === "problem").length;
  const text = problems === 0 ? "No problems." : `${problems} ${problems === 1 ? "problem" : "problems"}.`;
  output.result("doctor", { findings: findings.length, problems }, text);
  return problems === 0 ? EXIT.done : EXIT.failed;
}

function mark({ level }: Finding, { green, yellow, red }: Colors): string {
  switch (level) {
    case "ok":
      return green("✔");
    case "note":
      return yellow("·");
    case "problem":
      return red("✖");
    default:
      return level satisfies never;
  }
}

/** An error that sends people to the doctor, in the doctor. */
function withoutCircle(error: unknown): never {
  if (!(error instanceof SegueError) || error.code !== "SEG0201" || error.next !== "segue doctor") throw error;
  const { message, problems, object, cause } = error;
  const next = "is the server up, is that its address, and does a firewall or pg_hba.conf let this host in?";
  throw new SegueError("SEG0201", { message, problems, next, cause, ...(object === undefined ? {} : { object }) });
}
