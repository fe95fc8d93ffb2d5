import { expect, test } from "vitest";
import { project, write } from "../cli/segue.ts";
import { testDatabase } from "../support/postgres.ts";
import { runConsole } from "./console.ts";
import { read } from "./documents.ts";

test("throttles by hand do what the page shows", async () => {
  const { blocks } = read("docs/throttles.md");
  const database = await testDatabase({ major: 18 });
  const shell = project({ url: database.url });
  let commands = 0;
  for (const { language, text } of blocks) {
    if (language === "sql") await database.query(text);
    if (language === "console") commands += await runConsole(text, shell);
    if (language === "yaml" && text.startsWith("# plan\n")) write(shell, "plans/20261125101500_handle.yaml", text);
  }
  expect(commands).toBe(5);
  expect(await database.query("select count(handle)::int as filled from people")).toEqual([{ filled: 1_000 }]);
});
