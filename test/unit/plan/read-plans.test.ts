import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { SegueError } from "../../../src/model/errors.ts";
import { findPlan } from "../../../src/plan/find-plan.ts";
import { readPlans } from "../../../src/plan/read-plans.ts";
import { vocabulary } from "./vocabulary.ts";

const YAML = "operations:\n  - rename_column: { table: users, from: a, to: b }\n";
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-plans-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

async function refusal(): Promise<{ message: string; problems: readonly string[]; code: string }> {
  const error = await readPlans(folder, vocabulary).then(
    () => expect.unreachable(),
    (thrown: SegueError) => thrown,
  );
  const problems = error.problems.map(({ at, message }) =>
    `${at?.file.slice(folder.length + 1)}:${at?.line} ${message}`.replaceAll(`${folder}/`, ""),
  );
  return { code: error.code, message: error.message, problems };
}

test("all plans of a folder are read, by version; other files are passed over", async () => {
  await write({
    "10_c.yml": YAML,
    "9_b.sql": "SELECT 1;",
    "9_b.down.sql": "SELECT 2;",
    "001_a.yaml": YAML,
    "11_d.up.sql": "SELECT 3;",
  });
  await write({ "README.md": "# Plans", ".hidden.yaml": "x", "notes.txt": "" });
  await mkdir(join(folder, "old.sql"));
  const plans = await readPlans(folder, vocabulary);
  expect(plans.map(({ id }) => id)).toEqual(["001_a", "9_b", "10_c", "11_d"]);
  expect(plans[1]?.phases.expand).toEqual([{ kind: "sql", fields: { up: "SELECT 1;", down: "SELECT 2;" } }]);
});

test("a folder with a migration.sql is a plan, and a down.sql in it the way back", async () => {
  await write({
    "0_init/migration.sql": "SELECT 1;",
    "0_init/down.sql": "SELECT 2;",
    "20240101000000_pets/migration.sql": "SELECT 3;",
    "migration_lock.toml": 'provider = "postgresql"',
    "1_notes/README.md": "# No plan",
    ".git/migration.sql": "SELECT 4;",
  });
  const plans = await readPlans(folder, vocabulary);
  expect(plans.map(({ id, phases }) => [id, phases.expand[0]?.fields])).toEqual([
    ["0_init", { up: "SELECT 1;", down: "SELECT 2;" }],
    ["20240101000000_pets", { up: "SELECT 3;" }],
  ]);
});

test("a folder that is a plan has a name as a file has", async () => {
  await write({ "init/migration.sql": "SELECT 1;", "2_a/migration.sql": "SELECT 1;", "2_a.sql": "SELECT 2;" });
  await write({ "3_b/migration.sql": "SELECT 1;", "3_b/down.sql": "SELECT 2;", "3_b.down.sql": "SELECT 3;" });
  expect((await refusal()).problems).toEqual([
    "2_a/migration.sql:1 two files are the plan `2_a`; the other is 2_a.sql",
    "3_b/down.sql:1 two files are the way down of `3_b`; the other is 3_b.down.sql",
    "init/migration.sql:1 a plan's folder is named <version>_<name> with digits for the version, like 20261122101500_add_email; not `init`",
  ]);
});

test("a file named migration.sql right in the folder of plans is none", async () => {
  await write({ "migration.sql": "SELECT 1;" });
  expect((await refusal()).problems).toEqual([
    "migration.sql:1 a plan's file is named <version>_<name>.sql with digits for the version, like 20261122101500_add_email.sql; not `migration.sql`",
  ]);
});

test("all problems of all files are in one error", async () => {
  await write({
    "1_a.yaml": "operation: []\n",
    "1_a.sql": "SELECT 1;",
    "2_b.sql": "SELEC 1;",
    "3_c.down.sql": "SELECT 1;",
    "4_d.yaml": YAML,
    "4_d.down.sql": "SELECT 1;",
    "pets.yaml": YAML,
    "5_e.yaml": new Uint8Array([0x61, 0x3a, 0x20, 0xe4]),
  });
  expect(await refusal()).toEqual({
    code: "SEG0001",
    message: "6 plans are not valid: 6 problems",
    problems: [
      "1_a.yaml:1 two files are the plan `1_a`; the other is 1_a.sql",
      "3_c.down.sql:1 a way down without its way up; 3_c.up.sql or 3_c.sql is missing",
      "4_d.down.sql:1 a way down belongs to a plan of plain SQL; 4_d.yaml has its own",
      "pets.yaml:1 a plan's file is named <version>_<name>.yaml with digits for the version, like 20261122101500_add_email.yaml; not `pets.yaml`",
      '2_b.sql:1 syntax error at or near "SELEC"',
      "5_e.yaml:1 the file is not UTF-8 text",
    ],
  });
});

test("a folder that is not there is named, with the way on", async () => {
  await expect(readPlans(join(folder, "none"), vocabulary)).rejects.toMatchObject({
    code: "SEG0005",
    message: `the folder of plans can't be read: ${join(folder, "none")}`,
    next: "Run `segue init` to make it, or name another in segue.yaml (`plans: <folder>`).",
  });
});

test("a plan is found by id, file, version and name", async () => {
  await write({ "007_rename_a.yaml": YAML, "8_rename_b.yaml": YAML });
  const plans = await readPlans(folder, vocabulary);
  for (const word of ["007_rename_a", join(folder, "007_rename_a.yaml"), "7", "007", "rename_a"])
    expect(findPlan(plans, word).id).toBe("007_rename_a");
});

test("a word that fits no plan, or several, is refused", async () => {
  await write({ "7_rename.yaml": YAML, "8_rename.yaml": YAML });
  const plans = await readPlans(folder, vocabulary);
  expect(() => findPlan(plans, "9_rename")).toThrow("there is no plan `9_rename`; did you mean `7_rename`?");
  expect(() => findPlan(plans, "x")).toThrow("there is no plan `x`");
  expect(() => findPlan([], "x")).toThrow("there is no plan `x`: the folder of plans is empty");
  try {
    findPlan(plans, "rename");
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({
      code: "SEG0002",
      message: "`rename` fits 2 plans",
      problems: [{ message: "7_rename" }, { message: "8_rename" }],
      next: "Give the plan's id.",
    });
  }
});
