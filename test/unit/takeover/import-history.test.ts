import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createSegue } from "../../../src/index.ts";
import { type OtherTool, OTHER_TOOLS, otherTool } from "../../support/other-tools.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";

async function takenOver(tool: Pick<OtherTool, "files" | "script">, major?: number) {
  const database = await testDatabase({ ...(major === undefined ? {} : { major }), script: tool.script });
  const folder = mkdtempSync(join(tmpdir(), "segue-import-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(tool.files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  /** Plans are read once a Segue. */
  const segue = () => createSegue({ url: database.url, cwd: folder, plans: folder, env: {}, actor: "test" });
  const columns = async (): Promise<readonly string[]> => {
    const rows = await database.query<{ name: string }>(
      `select attname as name from pg_attribute
        where attrelid = to_regclass('pets') and attnum > 0 and not attisdropped order by attnum`,
    );
    return rows.map(({ name }) => name);
  };
  return { database, folder, segue, columns };
}

/** The rest of a tool's script, in a database of its own. */
const after = (name: string, sql: string): OtherTool => {
  const tool = otherTool(name);
  return { ...tool, script: `${tool.script}\n${sql}` };
};

const importedBy = async (tool: Pick<OtherTool, "files" | "script">) => {
  const { folder, segue } = await takenOver(tool);
  return (await segue().importHistory(folder)).imported.map(({ plan }) => plan);
};

for (const major of MAJORS) {
  test.each(OTHER_TOOLS)(
    `the history of $name is taken over, gone on with and taken back on PostgreSQL ${major}`,
    async (tool) => {
      const { columns, database, folder, segue } = await takenOver(tool, major);
      const own = () => database.query(`select * from ${tool.table} order by 1`);
      const before = await own();
      const [first, second] = tool.applied;
      const report = {
        tool: tool.name,
        table: tool.table,
        imported: [
          { plan: first, appliedAt: tool.at === null ? null : expect.stringContaining("2024-02-02"), reversible: true },
          {
            plan: second,
            appliedAt: tool.at === null ? null : expect.stringContaining("2024-02-03T10:00:00"),
            reversible: true,
          },
        ],
        known: [],
        skipped: [],
        pending: [tool.pending],
        folder,
        isPlansFolder: true,
      };
      expect(await segue().importHistory(folder, { dryRun: true })).toEqual(report);
      expect(await database.query("select to_regnamespace('segue') as journal")).toEqual([{ journal: null }]);
      expect(await segue().importHistory(folder)).toEqual(report);

      expect((await segue().status()).map(({ health, next, plan, state }) => [plan, state, health, next])).toEqual(
        tool.applied.map((plan) => [plan, "completed", "done", null]),
      );
      const [history] = await segue().history(first);
      expect(history?.events.map(({ actor, detail, type }) => ({ actor, detail, type }))).toEqual([
        {
          actor: "test",
          type: `imported from ${tool.name}`,
          detail: { tool: tool.name, table: tool.table, applied_at: report.imported[0]?.appliedAt },
        },
      ]);

      expect(await segue().up()).toMatchObject([{ changed: false }, { changed: false }, { plan: tool.pending }]);
      expect(await columns()).toEqual(["id", "name", "age"]);
      expect(await segue().reverse(second)).toMatchObject({ state: "reversed", changed: true });
      expect(await columns()).toEqual(["id", "age"]);

      // The other tool's table still has what was taken back here.
      expect(await segue().importHistory(folder)).toEqual({
        ...report,
        imported: [],
        known: [
          { plan: first, state: "completed" },
          { plan: second, state: "reversed" },
        ],
        pending: [],
      });
      await segue().up();
      expect(await columns()).toEqual(["id", "age", "name"]);
      expect(await own()).toEqual(before);
    },
  );
}

test("what a tool's table says of later runs is recorded by a further import", async () => {
  const { database, folder, segue } = await takenOver(otherTool("goose"));
  await segue().importHistory(folder);
  await database.query("alter table pets add column age int");
  await database.query("insert into goose_db_version (version_id, is_applied) values (3, true), (1, false)");
  // Taken back there after it was imported here: what the journal has stays.
  expect(await segue().importHistory(folder)).toMatchObject({
    imported: [{ plan: "00003_age" }],
    known: [{ plan: "00002_name", state: "completed" }],
    pending: [],
  });
});

test("a plan that was tried before the import, and reversed without a trace, is imported", async () => {
  const { columns, database, folder, segue } = await takenOver(otherTool("goose"));
  await expect(segue().up()).rejects.toMatchObject({ code: "SEG0401" });
  const tried = await segue().importHistory(folder);
  expect(tried).toMatchObject({
    imported: [{ plan: "00002_name" }],
    known: [{ plan: "00001_create_pets", state: "expanding" }],
  });
  expect(await segue().reverse("1")).toMatchObject({ state: "reversed" });
  expect(await columns()).toEqual(["id", "name"]);
  expect(await segue().importHistory(folder)).toMatchObject({
    imported: [{ plan: "00001_create_pets" }],
    known: [{ plan: "00002_name", state: "completed" }],
  });
  // It counts from here on: taken back, it stays so.
  await database.query("alter table pets drop column name");
  await segue().reverse("1");
  expect(await columns()).toEqual([]);
  expect(await segue().importHistory(folder)).toMatchObject({
    imported: [],
    known: [
      { plan: "00001_create_pets", state: "reversed" },
      { plan: "00002_name", state: "completed" },
    ],
  });
});

test("golang-migrate's one row stands for all versions up to it; no row, for none", async () => {
  expect(await importedBy(after("golang-migrate", "UPDATE schema_migrations SET version = 1"))).toEqual([
    "000001_create_pets",
  ]);
  expect(await importedBy(after("golang-migrate", "TRUNCATE schema_migrations"))).toEqual([]);
});

test("a table of Supabase's from before it had names and statements", async () => {
  const drop =
    "ALTER TABLE supabase_migrations.schema_migrations DROP COLUMN name; ALTER TABLE supabase_migrations.schema_migrations DROP COLUMN statements";
  expect(await importedBy(after("supabase", drop))).toEqual(otherTool("supabase").applied);
});

test("an applied migration of Supabase's without a file is named as its file was", async () => {
  const {
    "20240202100000_create_pets.sql": _,
    "20240202100000_create_pets.down.sql": _down,
    ...files
  } = otherTool("supabase").files;
  const { folder, segue } = await takenOver({ ...otherTool("supabase"), files });
  await expect(segue().importHistory(folder)).rejects.toMatchObject({
    code: "SEG0601",
    message: "supabase applied a migration that has no file here",
    problems: [{ message: "20240202100000_create_pets" }],
  });
});

test("a migration of node-pg-migrate's that is no SQL has no file here", async () => {
  const { "1706900000000_create-pets.sql": _, ...files } = otherTool("node-pg-migrate").files;
  const { folder, segue } = await takenOver({
    ...otherTool("node-pg-migrate"),
    files: { ...files, "1706900000000_create-pets.js": "exports.up = () => {};" },
  });
  await expect(segue().importHistory(folder)).rejects.toMatchObject({
    problems: [{ message: "1706900000000_create-pets" }],
  });
  expect(await segue().importHistory(folder, { skipMissing: true })).toMatchObject({
    imported: [{ plan: "1706986400000_name" }],
    skipped: ["1706900000000_create-pets"],
  });
});

test("a plan in YAML is never taken for what a tool has applied, whatever its version", async () => {
  const tool = otherTool("dbmate");
  const { "20240203100000_name.sql": _, ...files } = tool.files;
  const yaml = "operations:\n  - add_column: { table: pets, column: name, type: text }\n";
  const { folder, segue } = await takenOver({ ...tool, files: { ...files, "20240203100000_name.yaml": yaml } });
  await expect(segue().importHistory(folder)).rejects.toMatchObject({ problems: [{ message: "20240203100000" }] });
});

test("the table of a tool is looked for in the schema of plans, and told apart by its columns", async () => {
  // Ecto's, of the same name as dbmate's; and golang-migrate's in a schema of its own.
  const ecto = "ALTER TABLE schema_migrations ADD COLUMN inserted_at timestamp";
  const { folder, segue } = await takenOver(after("dbmate", ecto));
  await expect(segue().importHistory(folder)).rejects.toMatchObject({ code: "SEG0601" });

  const moved = await takenOver(
    after("golang-migrate", "CREATE SCHEMA app; ALTER TABLE schema_migrations SET SCHEMA app"),
  );
  await expect(moved.segue().importHistory(moved.folder)).rejects.toMatchObject({ code: "SEG0601" });
  const how = { table: "app.schema_migrations", dryRun: true };
  expect(await moved.segue().importHistory(moved.folder, how)).toMatchObject({ tool: "golang-migrate" });
});

test("two imports at once record each migration once", async () => {
  const tool = otherTool("prisma");
  const { database, folder, segue } = await takenOver(tool);
  const both = await Promise.all([segue().importHistory(folder), segue().importHistory(folder)]);
  expect(new Set(both.map(({ imported }) => imported.length))).toEqual(new Set([0, 2]));
  expect(await database.query("select plan, state from segue.rollout order by id")).toEqual(
    tool.applied.map((plan) => ({ plan, state: "completed" })),
  );
});
