import { expect, test } from "vitest";
import { type OtherTool, OTHER_TOOLS, otherTool } from "../support/other-tools.ts";
import { testDatabase } from "../support/postgres.ts";
import { objects, project, segue, write } from "./segue.ts";

async function takenOver(tool: OtherTool) {
  const database = await testDatabase({ script: tool.script });
  const files = Object.fromEntries(Object.entries(tool.files).map(([name, text]) => [`db/${name}`, text]));
  const where = project({ files, url: database.url });
  const columns = async (): Promise<string[]> =>
    (
      await database.query<{ name: string }>(
        "select attname as name from pg_attribute where attrelid = to_regclass('pets') and attnum > 0 and not attisdropped order by attnum",
      )
    ).map(({ name }) => name);
  return { database, where, columns };
}

const goose = otherTool("goose");

test.each(OTHER_TOOLS)("the history of $name is taken over, and what is pending is run", async (tool) => {
  const { columns, where } = await takenOver(tool);
  const [first, second] = tool.applied;
  const tried = await segue(where, "import", "db", "--dry-run");
  expect(tried).toMatchObject({ code: 0, stderr: "" });
  expect(tried.stdout).toMatch(
    new RegExp(`^ {2}${first}.*\n {2}${second}.*\nWould record 2 migrations .* Nothing was changed\\.\nNext: .*\n$`),
  );

  const imported = await segue(where, "import", "db");
  expect(imported).toMatchObject({ code: 0, stderr: "" });
  const lines = imported.stdout.split("\n");
  expect(lines[0]?.startsWith(`✔ ${first}`)).toBe(true);
  expect(lines.slice(1)).toEqual([
    tool.at === null ? `✔ ${second}` : expect.stringMatching(new RegExp(`^✔ ${second} +applied ${tool.at}$`)),
    `Recorded 2 migrations of ${tool.name} (${tool.table}); 1 plan pending.`,
    `Next: set \`plans: db\` in segue.yaml, let nothing run ${tool.name} any more, then segue up`,
    "",
  ]);

  write(where, "segue.yaml", "plans: db\n");
  expect((await segue(where, "up")).stdout).toContain(`${tool.pending} is completed`);
  expect(await columns()).toEqual(["id", "name", "age"]);
});

test("status and history tell of what was imported", async () => {
  const { where } = await takenOver(goose);
  await segue(where, "import", "db");
  expect((await segue(where, "status", "--plans", "db")).stdout).toMatch(
    /\n00001_create_pets +completed +– +done +–\n00002_name +completed +– +done +–\n00003_age +pending/,
  );
  expect((await segue(where, "history", "name")).stdout).toMatch(
    /^00002_name \(rollout 2, completed\)\n {2}\S+ \S+ +\S+@\S+ +imported from goose +applied 2024-02-03 10:00:00Z\n$/,
  );
});

test("what has no way down is recorded, and said to have none", async () => {
  const { where } = await takenOver({
    ...goose,
    files: { ...goose.files, "00002_name.sql": "-- +goose Up\nSELECT 1;\n" },
  });
  const [done] = objects(await segue(where, "import", "db", "--json"));
  expect(done?.["imported"]).toEqual([
    { plan: "00001_create_pets", applied_at: "2024-02-02T10:00:00.000Z", reversible: true },
    { plan: "00002_name", applied_at: "2024-02-03T10:00:00.000Z", reversible: false },
  ]);
  expect((await segue(where, "import", "db")).stdout).toContain("Nothing to record of goose (public.goose_db_version)");
  const refused = await segue(where, "reverse", "2", "--plans", "db");
  expect(refused).toMatchObject({ code: 3 });
  expect(refused.stderr).toContain("SEG0304");
});

test("run again, it records what the tool has applied since", async () => {
  const { database, where } = await takenOver(goose);
  expect(await segue(where, "import", "db")).toMatchObject({ code: 0 });
  await database.query("alter table pets add column age int");
  await database.query("insert into goose_db_version (version_id, is_applied) values (3, true)");
  const again = await segue(where, "import", "db");
  expect(again.stdout).toMatch(
    /^✔ 00003_age +applied .*\nRecorded 1 more migration of goose \(public\.goose_db_version\); 0 plans pending\.\n/,
  );
});

test("two imports at once record each migration once", async () => {
  const { database, where } = await takenOver(otherTool("dbmate"));
  const both = await Promise.all([segue(where, "import", "db", "--json"), segue(where, "import", "db", "--json")]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  const [some, others] = both.map((one) => (objects(one)[0] as { imported?: unknown[] } | undefined)?.imported?.length);
  expect(new Set([some, others])).toEqual(new Set([0, 2]));
  expect(await database.query("select plan, state from segue.rollout order by id")).toEqual(
    otherTool("dbmate").applied.map((plan) => ({ plan, state: "completed" })),
  );
});

test("killed before its commit it has recorded nothing; with a lost answer, it says that another run tells", async () => {
  const { database, where } = await takenOver(goose);
  await segue(where, "init");
  const commit = async (env: Record<string, string>) =>
    await segue({ ...where, env: { ...where.env, SEGUE_FAILPOINT_SCOPE: "commits", ...env } }, "import", "db");
  expect(await commit({ SEGUE_FAILPOINT: "1" })).toMatchObject({ code: null });
  expect(await database.query("select from segue.rollout")).toEqual([]);

  const lost = await commit({ SEGUE_FAILPOINT_DROP: "1" });
  expect(lost.code).toBe(1);
  expect(lost.stderr).toContain("Either everything was recorded or nothing.\n");
  expect(lost.stderr).toContain("Next: the same command again records what is not recorded yet\n");
  expect(await segue(where, "import", "db")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Nothing to record of goose") as string,
  });
  expect(await database.query("select plan from segue.rollout order by id")).toEqual(
    goose.applied.map((plan) => ({ plan })),
  );
});

test("applied migrations without a file are refused with the list, or left out if asked", async () => {
  const { "00001_create_pets.sql": _, ...files } = goose.files;
  const { database, where } = await takenOver({ ...goose, files });
  const refused = await segue(where, "import", "db");
  expect(refused).toMatchObject({ code: 3, stdout: "" });
  expect(refused.stderr).toBe(
    [
      "Refused: goose applied a migration that has no file here. Nothing changed.",
      "  1",
      "Next: bring the files back, or leave them out of the history with --skip-missing",
      "SEG0601: the history of another tool can't be taken over (docs/errors/SEG0601.md)",
      "",
    ].join("\n"),
  );
  expect(await database.query("select to_regnamespace('segue') as journal")).toEqual([{ journal: null }]);
  expect((await segue(where, "import", "db", "--skip-missing")).stdout).toMatch(
    /^✔ 00002_name +applied .*\n! 1 has no file: left out\nRecorded 1 migration of goose/,
  );
});

test.each([
  {
    title: "a dirty version of golang-migrate's",
    tool: {
      ...otherTool("golang-migrate"),
      script: `${otherTool("golang-migrate").script} UPDATE schema_migrations SET dirty = true`,
    },
    says: "golang-migrate began 2 and did not finish it: it runs now, or it failed",
    next: "let it finish; if it failed, look what of it stands, settle the rest by hand, and then migrate force 2. Then import again",
  },
  {
    title: "a failed migration of Prisma's",
    tool: {
      ...otherTool("prisma"),
      script: `${otherTool("prisma").script} UPDATE _prisma_migrations SET finished_at = NULL WHERE id = 'a'`,
    },
    says: "prisma began 20240202100000_init and did not finish it: it runs now, or it failed",
    next: "prisma migrate resolve --applied 20240202100000_init, or --rolled-back 20240202100000_init",
  },
  {
    title: "no history",
    tool: { ...goose, script: "" },
    says: "this database has no history of any tool that Segue knows",
    next: "a database that no tool has a history of is taken over with segue baseline",
  },
  {
    title: "files of another tool",
    tool: { ...goose, files: otherTool("dbmate").files },
    says: "no file of this folder is in the form of the tool that has a history in this database",
    next: "say with --from that it did run these files",
  },
  {
    title: "two tools that may have run the files",
    tool: {
      ...otherTool("supabase"),
      script: `${otherTool("supabase").script} CREATE TABLE pgmigrations (id serial, name text, run_on timestamp)`,
    },
    says: "more than one tool may have run these files",
    next: "say which with --from node-pg-migrate or --from supabase",
  },
  {
    title: "files that can't be plans",
    tool: { ...goose, files: { ...goose.files, "00004_x.sql": "-- +goose Up\nSELEC 1;" } },
    says: "1 plan is not valid",
    next: "SEG0001",
  },
  {
    title: "two files of one version",
    tool: { ...goose, files: { ...goose.files, "2_x.sql": "-- +goose Up\nSELECT 1;" } },
    says: "The plans contradict each other",
    next: "SEG0003",
  },
])("$title: refused, and nothing changes", async ({ next, says, tool }) => {
  const { database, where } = await takenOver(tool);
  const refused = await segue(where, "import", "db");
  expect(refused).toMatchObject({ code: 3, stdout: "" });
  expect(refused.stderr).toContain(says);
  expect(refused.stderr).toContain(next);
  expect(await database.query("select to_regnamespace('segue') as journal")).toEqual([{ journal: null }]);
});

test("a table of another name is given, and a tool that can't be told", async () => {
  const supabase = otherTool("supabase");
  const { where } = await takenOver({
    ...supabase,
    script: `${supabase.script} CREATE TABLE pgmigrations (id serial, name text, run_on timestamp)`,
  });
  expect(await segue(where, "import", "db", "--from", "supabase")).toMatchObject({ code: 0 });

  const renamed = await takenOver({
    ...goose,
    script: `${goose.script} CREATE SCHEMA meta; ALTER TABLE goose_db_version SET SCHEMA meta; ALTER TABLE meta.goose_db_version RENAME TO "Versions"`,
  });
  expect((await segue(renamed.where, "import", "db")).stderr).toContain("has no history of any tool");
  expect((await segue(renamed.where, "import", "db", "--table", "meta.versions")).stderr).toContain(
    "Refused: meta.versions is not there, or not the table of any tool that Segue knows.",
  );
  const [done] = objects(await segue(renamed.where, "import", "db", "--table", "meta.Versions", "--json"));
  expect(done).toMatchObject({ tool: "goose", table: "meta.Versions" });
  expect(done?.["imported"]).toHaveLength(2);
});

test("bad words of the command line are refused", async () => {
  const { where } = await takenOver(goose);
  expect(await segue(where, "import")).toMatchObject({ code: 64 });
  expect(await segue(where, "import", "db", "--from", "flyway")).toMatchObject({ code: 64 });
  expect(await segue(where, "import", "nowhere")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("the folder of plans can't be read: nowhere") as string,
  });
  expect(await segue(where, "import", "db", "--table", "a.b.c")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('"a.b.c" is no table') as string,
  });
});
