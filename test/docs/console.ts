import { expect } from "vitest";
import { type Project, segue } from "../cli/segue.ts";

/** What differs from run to run: the address, the versions, the clock, who it is, and how long things take. */
function normal(text: string): string {
  return text
    .replaceAll(/postgres:\/\/[^\s?]+/g, "postgres://…")
    .replaceAll(/PostgreSQL [\d.]+/g, "PostgreSQL …")
    .replaceAll(/\b\d{14}_/g, "<now>_")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replaceAll(/\d{4}-\d\d-\d\d [\d:]+Z/g, "<moment>")
    .replaceAll(/\b\w+@[\w.-]+/g, "<actor>")
    .replaceAll(/ {2}\d[\d.]* (?:ms|s|min)$/gm, "  <while>")
    .trimEnd();
}

/** The commands of a block with what each prints. A line `…` stands for any lines. */
function commandsOf(block: string): { args: string[]; shown: string }[] {
  return block
    .split(/^\$ segue /m)
    .slice(1)
    .map((text) => {
      const [line = "", ...shown] = text.split("\n");
      return { args: line.split(" "), shown: shown.join("\n") };
    });
}

function fits(printed: string, shown: string): boolean {
  const parts = normal(shown)
    .split(/^…$/m)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join("[^]*")}$`).test(normal(printed));
}

/** Runs the commands of a `console` block, each of which must print what the block shows; returns how many there are. */
export async function runConsole(block: string, shell: Project): Promise<number> {
  const commands = commandsOf(block);
  for (const { args, shown } of commands) {
    const { connection, stderr, stdout } = await segue(shell, ...args);
    const printed = (connection ?? "") + stderr + stdout;
    if (!fits(printed, shown)) expect(normal(printed), `segue ${args.join(" ")}`).toBe(normal(shown));
  }
  return commands.length;
}
