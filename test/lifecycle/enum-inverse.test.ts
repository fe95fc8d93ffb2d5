import { expect, test } from "vitest";
import { createSegue } from "../../src/index.ts";
import { catalogDifference, catalogOf } from "../support/catalog-diff.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase } from "../support/postgres.ts";

const SCHEMA = `
create type mood as enum ('sad', 'ok', 'happy');
create table users (id int primary key, mood mood not null default 'sad', past mood[]);
insert into users values (1, 'sad', '{ok,sad}'), (2, 'ok', null), (3, 'happy', '{happy}')`;

const ROWS = "select id, mood::text, past::text from users order by id";

test.each(MAJORS)("a completed rename_enum_value is taken back by a rename on PostgreSQL %s", async (major) => {
  const database = await testDatabase({ major, script: SCHEMA });
  const plans = await planFolder({
    "1_blue.yaml": "operations: [rename_enum_value: { type: mood, from: sad, to: blue }]",
  });
  const segue = createSegue({ url: database.url, plans, env: {}, settings: { contract: { soak: 0 } } });
  const [before, catalog] = [await database.query(ROWS), await catalogOf(database)];
  await segue.up(["blue"]);
  expect((await segue.contract("blue", { yes: true })).state).toBe("completed");
  expect(await database.query(ROWS)).toEqual([
    { id: 1, mood: "blue", past: "{ok,blue}" },
    { id: 2, mood: "ok", past: null },
    { id: 3, mood: "happy", past: "{happy}" },
  ]);
  expect(await segue.reverse("blue")).toMatchObject({ plan: "1_blue~inverse", state: "ready" });
  expect((await segue.reverse("blue", { yes: true })).state).toBe("completed");
  expect(await database.query(ROWS)).toEqual(before);
  const differs = await catalogDifference(catalog, database);
  expect(differs.filter((line) => !line.includes("column order"))).toEqual([]);
});

test.each(MAJORS)("a completed drop_enum_value gets its value again, not its rows, on PostgreSQL %s", async (major) => {
  const database = await testDatabase({ major, script: SCHEMA });
  const plans = await planFolder({
    "1_drop.yaml": "operations: [drop_enum_value: { type: mood, value: ok, to: happy }]",
  });
  const segue = createSegue({ url: database.url, plans, env: {}, settings: { contract: { soak: 0 } } });
  const catalog = await catalogOf(database);
  await segue.up(["drop"]);
  expect((await segue.contract("drop", { yes: true })).state).toBe("completed");
  await expect(segue.reverse("drop")).rejects.toMatchObject({
    code: "SEG0304",
    problems: [{ message: "lost: which rows had ok: they have happy now" }],
  });
  expect((await segue.reverse("drop", { accept: ["--lose-values"] })).state).toBe("completed");
  expect(await database.query(ROWS)).toEqual([
    { id: 1, mood: "sad", past: "{happy,sad}" },
    { id: 2, mood: "happy", past: null },
    { id: 3, mood: "happy", past: "{happy}" },
  ]);
  const differs = await catalogDifference(catalog, database);
  expect(differs.filter((line) => !line.includes("column order"))).toEqual([]);
});
