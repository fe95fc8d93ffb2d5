import { expect, test } from "vitest";
import { project } from "../cli/segue.ts";
import { otherTool } from "../support/other-tools.ts";
import { testDatabase } from "../support/postgres.ts";
import { runConsole } from "./console.ts";
import { read } from "./documents.ts";

test("the page about import does what it shows", async () => {
  const { blocks } = read("docs/import.md");
  const listed =
    blocks
      .find(({ language }) => language === "text")
      ?.text.trimEnd()
      .split("\n") ?? [];
  const { files } = otherTool("goose");
  expect(listed).toEqual(Object.keys(files).map((name) => `db/migrations/${name}`));
  const database = await testDatabase({
    major: 18,
    script: blocks.find(({ language }) => language === "sql")?.text ?? "",
  });
  const folder = Object.entries(files).map(([name, text]) => [`db/migrations/${name}`, text] as const);
  const shell = project({ files: Object.fromEntries(folder), url: database.url });
  let commands = 0;
  for (const { language, text } of blocks) if (language === "console") commands += await runConsole(text, shell);
  expect(commands).toBe(3);
  expect(await database.query("select plan, state from segue.rollout order by id")).toEqual([
    { plan: "00001_create_pets", state: "completed" },
    { plan: "00002_name", state: "completed" },
  ]);
});
