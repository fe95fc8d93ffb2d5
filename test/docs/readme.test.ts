import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { project, segue } from "../cli/segue.ts";
import { testDatabase } from "../support/postgres.ts";
import { read } from "./documents.ts";

/** What differs from run to run: the address, the versions, the clock, and how long things take. */
function normal(text: string): string {
  return text
    .replaceAll(/postgres:\/\/\S+/g, "postgres://…")
    .replaceAll(/PostgreSQL [\d.]+/g, "PostgreSQL …")
    .replaceAll(/\b\d{14}_/g, "<now>_")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
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

function fits(printed: string, shown: string): RegExp | null {
  const parts = normal(shown)
    .split(/^…$/m)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  const pattern = new RegExp(`^${parts.join("[^]*")}$`);
  return pattern.test(normal(printed)) ? null : pattern;
}

test("the first rollout of the README does what it shows", async () => {
  const { blocks, text } = read("README.md");
  const section = text.slice(text.indexOf("## A first rollout"), text.indexOf("## How it works"));
  const database = await testDatabase({ major: 18 });
  const shell = project({ url: database.url });
  let commands = 0;
  for (const block of blocks.filter((one) => section.includes(one.text))) {
    if (block.language === "sql") await database.query(block.text);
    if (block.language !== "console") continue;
    for (const { args, shown } of commandsOf(block.text)) {
      const { connection, stderr, stdout } = await segue(shell, ...args);
      const printed = (connection ?? "") + stderr + stdout;
      if (fits(printed, shown) !== null) expect(normal(printed), `segue ${args.join(" ")}`).toBe(normal(shown));
      commands += 1;
    }
  }
  expect(commands).toBeGreaterThan(6);
  const [plan = ""] = readdirSync(join(shell.folder, "plans"));
  expect(readFileSync(join(shell.folder, "plans", plan), "utf8")).toContain("rename_column");
  expect(await database.query("select username from people order by id desc limit 2")).toEqual([
    { username: "grace" },
    { username: "ada" },
  ]);
  expect(await database.query("select from information_schema.columns where column_name = 'handle'")).toEqual([]);
});
