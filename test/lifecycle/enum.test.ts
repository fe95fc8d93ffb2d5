import { expect, test } from "vitest";
import { createSegue } from "../../src/index.ts";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME } from "../support/oracle.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase } from "../support/postgres.ts";

const MOODS = ["sad", "ok", "happy"];

test.each(MAJORS)("create_enum makes a type for a column of the same plan on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create table users (id bigint primary key, name text, hits int not null default 0);
      insert into users select i, 'user ' || i from generate_series(1, 1500) i`,
    plan: `
operations:
  - create_enum: { name: mood, values: [sad, happy] }
  - add_enum_value: { type: mood, value: ok, before: happy }
  - add_column: { table: users, column: mood, type: mood }
`,
    old: { table: "users", columns: { name: (n) => `n${n}` } },
    new: {
      table: "users",
      columns: { name: (n) => `m${n}`, mood: (n) => MOODS[n % 3] ?? null },
      defaults: { mood: null },
    },
    link: { forward: () => ({ mood: null }), reverse: () => ({}), reads: [], writes: [] },
    plainly: "create type mood as enum ('sad', 'ok', 'happy'); alter table users add mood mood",
  });
});

test.each(MAJORS)("add_enum_value adds a value that the new version writes on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create type mood as enum ('sad', 'happy');
      create table users (id bigint primary key, mood mood default 'sad', name text, hits int not null default 0);
      insert into users select i, 'happy', 'user ' || i from generate_series(1, 1500) i`,
    plan: "operations:\n  - add_enum_value: { type: mood, value: ok, after: sad }",
    old: { table: "users", columns: { mood: (n) => (n % 2 === 0 ? "sad" : "happy"), name: (n) => `n${n}` } },
    new: { table: "users", columns: { mood: (n) => MOODS[n % 3] ?? null, name: (n) => `m${n}` } },
    link: SAME,
    plainly: "alter type mood add value 'ok' after 'sad'",
    stays: /^type public\.mood: type: labels changed/,
  });
});

test("a reversal tells what stays", async () => {
  const database = await testDatabase({ script: "create type mood as enum ('sad')" });
  const plans = await planFolder({ "1_ok.yaml": "operations: [{ add_enum_value: { type: mood, value: ok } }]" });
  const told: unknown[] = [];
  const segue = createSegue({
    url: database.url,
    plans,
    env: {},
    onEvent: (event) => {
      if (event.type === "stays") told.push(event.what);
    },
  });
  expect(await segue.up(["ok"])).toMatchObject([{ state: "completed" }]);
  expect(await segue.reverse("ok")).toMatchObject({ state: "reversed" });
  expect(told).toEqual([["value ok of enum public.mood: PostgreSQL can't drop a value of an enum"]]);
  // What it left is no obstacle the next time.
  expect(await segue.up(["ok"])).toMatchObject([{ state: "completed" }]);
});
