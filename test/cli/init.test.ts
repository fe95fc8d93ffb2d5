import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { testDatabase } from "../support/postgres.ts";
import { objects, project, segue } from "./segue.ts";

test("init writes segue.yaml and plans/, and installs the journal; a second time there is nothing to write", async () => {
  const database = await testDatabase();
  const where = project({ url: database.url });

  expect(await segue(where, "init")).toMatchObject({
    code: 0,
    stdout:
      "Wrote segue.yaml and plans/. The journal is installed.\nNext: segue new add_column <table> <column> <type>\n",
  });
  expect(await database.query("select to_regclass('segue.rollout')::text as journal")).toEqual([
    { journal: "segue.rollout" },
  ]);
  expect(await segue(where, "check")).toMatchObject({ code: 0, stdout: "There are no plans.\n" });
  const [again] = objects(await segue(where, "init", "--json"));
  expect(again).toMatchObject({ type: "init", written: [], journal: "installed" });
});

test("without a database init writes the files and says what is not done", async () => {
  const where = project();
  expect(await segue(where, "init")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("No database is named: the first expand installs the journal.\n"),
  });
  expect(readFileSync(join(where.folder, "segue.yaml"), "utf8")).toContain("\nplans: plans\n");
});

test("a database that can't be reached is a failure, which says what was written", async () => {
  const where = project({ url: "postgres://app@127.0.0.1:1/app" });
  const finished = await segue(where, "init");
  expect(finished.code).toBe(1);
  expect(finished.stderr).toContain("The journal is not installed; segue.yaml and plans/ were written.\n");
});

test("init keeps to the folder of plans that segue.yaml names", async () => {
  const where = project({ files: { "segue.yaml": "plans: db/changes\n" } });
  const [done] = objects(await segue(where, "init", "--json"));
  expect(done).toMatchObject({ written: ["db/changes/"] });
  expect(existsSync(join(where.folder, "db/changes"))).toBe(true);
});

test("--print-sql prints what an owner runs, and needs no database", async () => {
  const finished = await segue(project(), "init", "--print-sql");
  expect(finished).toMatchObject({ code: 0, stderr: "" });
  const database = await testDatabase({ script: finished.stdout });
  const where = project({ url: database.url });
  expect((await segue(where, "doctor")).stdout).toMatch(/✔ journal +of version \d+/);
});

test("new writes a plan that check takes, and never over another", async () => {
  const where = project();
  const first = await segue(where, "new", "rename_column", "users", "username", "handle");
  expect(first.stdout).toMatch(
    /^Wrote plans\/\d{14}_rename_users_username\.yaml\nNext: look it over, then segue check and segue plan \d{14}_rename_users_username\n$/,
  );
  expect(await segue(where, "new", "sql", "Refresh totals", "--name", "totals")).toMatchObject({ code: 0 });
  const checked = await segue(where, "check");
  expect(checked.code).toBe(0);
  expect(checked.stdout.split("\n")).toEqual([
    expect.stringMatching(/^✔ \d{14}_rename_users_username {2}rename column users username handle$/),
    expect.stringMatching(/^✔ \d{14}_totals +sql Refresh totals$/),
    "2 plans are valid, and run in this order.",
    "",
  ]);
});
