import { expect, test } from "vitest";
import { createSegue } from "../../../src/index.ts";
import { planFolder } from "../../support/plan-folder.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../../support/postgres.ts";

const FILES = {
  "1_pets.sql": "CREATE TABLE pets (id int PRIMARY KEY);",
  "2_name.yaml": "operations:\n  - add_column: { table: pets, column: name, type: text }\n",
  "3_age.sql": "ALTER TABLE pets ADD COLUMN age int;",
  "3_age.down.sql": "ALTER TABLE pets DROP COLUMN age;",
  "4_kind.yaml": "requires: [3_age]\noperations:\n  - add_column: { table: pets, column: kind, type: text }\n",
};
const STANDING = "CREATE TABLE pets (id int PRIMARY KEY, name text, age int)";

async function standing(options: { major?: number; files?: Readonly<Record<string, string>>; script?: string } = {}) {
  const { files = FILES, major, script = STANDING } = options;
  const database = await testDatabase({ ...(major === undefined ? {} : { major }), script });
  const folder = await planFolder(files);
  const segue = () => createSegue({ url: database.url, cwd: folder, plans: folder, env: {}, actor: "test" });
  return { database, segue };
}

async function columns(database: TestDatabase): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    `select attname as name from pg_attribute
      where attrelid = to_regclass('pets') and attnum > 0 and not attisdropped order by attnum`,
  );
  return rows.map(({ name }) => name);
}

test.each(MAJORS)(
  "a baseline runs nothing; up goes on after it, and plain SQL has a way back on PostgreSQL %s",
  async (major) => {
    const { database, segue } = await standing({ major });
    const report = {
      recorded: [
        { plan: "1_pets", reversible: false },
        { plan: "2_name", reversible: false },
        { plan: "3_age", reversible: true },
      ],
      known: [],
      pending: ["4_kind"],
    };
    expect(await segue().baseline("age", { dryRun: true })).toEqual(report);
    expect(await database.query("select to_regnamespace('segue') as journal")).toEqual([{ journal: null }]);
    expect(await segue().baseline("3")).toEqual(report);
    expect(await columns(database)).toEqual(["id", "name", "age"]);
    expect(await segue().baseline("3")).toEqual({
      recorded: [],
      known: ["1_pets", "2_name", "3_age"],
      pending: ["4_kind"],
    });

    expect((await segue().status()).map(({ health, next, state }) => [state, health, next])).toEqual(
      report.recorded.map(() => ["completed", "done", null]),
    );
    const [history] = await segue().history("2_name");
    expect(history?.events.map(({ actor, type }) => [type, actor])).toEqual([["baseline", "test"]]);

    // What requires a plan of the baseline finds it completed.
    expect(await segue().up()).toMatchObject([{}, {}, {}, { plan: "4_kind", state: "completed", changed: true }]);
    expect(await columns(database)).toEqual(["id", "name", "age", "kind"]);
    await segue().reverse("3");
    expect(await columns(database)).toEqual(["id", "name", "kind"]);
  },
);

test.each(["1_pets", "2_name"])(
  "a reversal of %s, which has no way down, is refused and changes nothing",
  async (plan) => {
    const { database, segue } = await standing();
    await segue().baseline("3");
    await expect(segue().reverse(plan)).rejects.toMatchObject({ code: "SEG0304", object: plan });
    await expect(segue().reverseDryRun(plan)).rejects.toMatchObject({ code: "SEG0304" });
    expect(await columns(database)).toEqual(["id", "name", "age"]);
    expect(await segue().status(plan)).toMatchObject([{ state: "completed" }]);
  },
);

test("a reversal of an operation says that the baseline knows no way back", async () => {
  const { segue } = await standing();
  await segue().baseline("2");
  await expect(segue().reverse("2")).rejects.toMatchObject({
    problems: [{ message: "segue baseline recorded it: Segue ran nothing of it, and knows no way back" }],
  });
});

test("without a plan, all of them stand", async () => {
  const { segue } = await standing({ script: `${STANDING}; ALTER TABLE pets ADD COLUMN kind text` });
  expect(await segue().baseline()).toMatchObject({ recorded: [{}, {}, {}, { plan: "4_kind" }], pending: [] });
  expect((await segue().up()).some(({ changed }) => changed)).toBe(false);
});

test("an empty folder has nothing to record", async () => {
  const { segue } = await standing({ files: {} });
  expect(await segue().baseline()).toEqual({ recorded: [], known: [], pending: [] });
});

test("an operation on a table that is not there, or not as it would be after it, is recorded", async () => {
  const drop = "operations:\n  - drop_table: { table: dogs }\n";
  const { segue } = await standing({ files: { "1_drop.yaml": drop } });
  expect(await segue().baseline()).toMatchObject({ recorded: [{ plan: "1_drop", reversible: false }] });
});

test("what is in flight, or was reversed, is no baseline: nothing is recorded", async () => {
  const { database, segue } = await standing({ script: "" });
  await segue().up(["1_pets"]);
  await segue().expand("2_name");
  await segue().reverse("2_name");
  await expect(segue().baseline("3")).rejects.toMatchObject({
    code: "SEG0602",
    problems: [{ message: "2_name is reversed" }],
  });
  expect(await database.query("select plan from segue.rollout order by id")).toEqual([
    { plan: "1_pets" },
    { plan: "2_name" },
  ]);
  // Before it there is nothing to say against.
  expect(await segue().baseline("1")).toMatchObject({ recorded: [], known: ["1_pets"], pending: ["3_age", "4_kind"] });
});

test("a plan that was run before its elders were recorded does not keep them from being", async () => {
  const { segue } = await standing();
  await segue()
    .up(["3_age"])
    .catch(() => undefined);
  expect(await segue().status("3_age")).toMatchObject([{ state: "expanding" }]);
  expect(await segue().baseline("2")).toMatchObject({ recorded: [{ plan: "1_pets" }, { plan: "2_name" }] });
  await expect(segue().baseline("3")).rejects.toMatchObject({ problems: [{ message: "3_age is expanding" }] });
  // Nothing of it was done: reversed, it is as if it had never been tried.
  await segue().reverse("3_age");
  expect(await segue().baseline("3")).toMatchObject({ recorded: [{ plan: "3_age" }] });
});

test("two baselines at once record each plan once", async () => {
  const { database, segue } = await standing();
  const both = await Promise.all([segue().baseline("2"), segue().baseline("3")]);
  const total = both.flatMap(({ recorded }) => recorded.map(({ plan }) => plan));
  expect(total.toSorted()).toEqual(["1_pets", "2_name", "3_age"]);
  expect(await database.query("select plan, state from segue.rollout order by plan")).toEqual(
    total.toSorted().map((plan) => ({ plan, state: "completed" })),
  );
});

test("a plan that is edited after its baseline is told, as any other", async () => {
  const { database, segue } = await standing();
  await segue().baseline("3");
  const folder = await planFolder({ ...FILES, "2_name.yaml": FILES["2_name.yaml"].replace("name,", "title,") });
  const edited = createSegue({ url: database.url, cwd: folder, plans: folder, env: {} });
  await expect(edited.up()).rejects.toMatchObject({ code: "SEG0301" });
});

test("a plan that was recorded by mistake runs under another version", async () => {
  const { database, segue } = await standing();
  await segue().baseline();
  const { "4_kind.yaml": kind, ...files } = FILES;
  const folder = await planFolder({ ...files, "5_kind.yaml": kind });
  const renamed = createSegue({ url: database.url, cwd: folder, plans: folder, env: {} });
  expect((await renamed.up()).at(-1)).toMatchObject({ plan: "5_kind", state: "completed", changed: true });
  expect(await columns(database)).toEqual(["id", "name", "age", "kind"]);
});
