import { expect, test } from "vitest";
import { project, write } from "../cli/segue.ts";
import { testDatabase } from "../support/postgres.ts";
import { runConsole } from "./console.ts";
import { read } from "./documents.ts";

test("the life of a version does what the page shows", async () => {
  const { blocks } = read("docs/versioned-schemas.md");
  const database = await testDatabase({ major: 18 });
  const shell = project({ url: database.url });
  let commands = 0;
  for (const { language, text } of blocks) {
    if (language === "sql") await database.query(text);
    if (language === "console") commands += await runConsole(text, shell);
    if (language !== "yaml") continue;
    write(shell, text.startsWith("# plan\n") ? "plans/20261122110706_handle.yaml" : "segue.yaml", text);
  }
  expect(commands).toBe(4);
  const version = "public_20261122110706";
  expect(await database.query(`select handle from ${version}.customers order by id`)).toEqual([
    { handle: "ada" },
    { handle: "grace" },
    { handle: "edith" },
  ]);
  const columns = `select column_name as name from information_schema.columns where table_schema = $1 and table_name = 'customers' order by 1`;
  expect(await database.query(columns, [version])).toEqual(await database.query(columns, ["public"]));
});
