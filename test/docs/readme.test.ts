import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { project } from "../cli/segue.ts";
import { testDatabase } from "../support/postgres.ts";
import { runConsole } from "./console.ts";
import { read } from "./documents.ts";

test("the first rollout of the README does what it shows", async () => {
  const { blocks, text } = read("README.md");
  const section = text.slice(text.indexOf("## A first rollout"), text.indexOf("## How it works"));
  const database = await testDatabase({ major: 18 });
  const shell = project({ url: database.url });
  let commands = 0;
  for (const block of blocks.filter((one) => section.includes(one.text))) {
    if (block.language === "sql") await database.query(block.text);
    if (block.language === "console") commands += await runConsole(block.text, shell);
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
