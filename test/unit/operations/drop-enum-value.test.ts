import { beforeAll, describe, expect, test } from "vitest";
import { dropEnumValue } from "../../../src/operations/drop-enum-value.ts";
import type { Catalog, Fact } from "../../../src/model/catalog.ts";
import { factKey } from "../../../src/model/catalog.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS } from "../../support/postgres.ts";
import { enumOutcome as outcome } from "./enum-outcome.ts";

beforeAll(loadParser);

const USERS = "create table users (id int primary key, mood mood not null default 'sad');";

const TYPE = { schema: "public", name: "mood" };
const catalogWith = (use: Fact): Catalog => ({
  major: 18,
  defaultSchema: "public",
  tables: {},
  relationNames: [],
  facts: { [factKey({ ask: "enum use", type: TYPE })]: use },
});
const CATALOG = catalogWith({
  use: {
    type: "public.mood",
    values: ["sad", "ok", "happy"],
    owner: "o",
    comment: null,
    grants: null,
    columns: [],
    others: [],
  },
});

test("what rows become must be said, be it that they become nothing", () => {
  expect(dropEnumValue.fields.safeParse({ type: "mood", value: "sad" }).success).toBe(false);
  expect(dropEnumValue.fields.safeParse({ type: "mood", value: "sad", to: null }).success).toBe(true);
});

test("the new type lacks the value", () => {
  const { contract, expand } = dropEnumValue.compile({ type: "mood", value: "ok", to: "sad" }, CATALOG);
  expect(expand).toEqual([
    { kind: "create_enum", fields: { name: "public.segue_new_mood_26a2b249", values: ["sad", "happy"], like: "mood" } },
  ]);
  expect(contract).toEqual([
    {
      kind: "replace_type",
      fields: { type: "mood", by: "public.segue_new_mood_26a2b249", labels: { ok: "sad" }, columns: [] },
    },
  ]);
});

test.each([
  ["sad", { before: "ok" }],
  ["ok", { before: "happy" }],
  ["happy", { after: "ok" }],
])("the inverse adds %s where it stood, and says what is lost", (value, place) => {
  const columns = [{ table: "users", column: "mood", to: "feeling" }];
  expect(dropEnumValue.inverse({ type: "mood", value, to: null, columns }, CATALOG)).toEqual({
    operations: [
      { kind: "rename_column", fields: { table: "users", from: "feeling", to: "mood" } },
      { kind: "add_enum_value", fields: { type: "mood", value, ...place } },
    ],
    lost: [`which rows had ${value}: they have NULL now`],
  });
});

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("what `plan` says of the rows", async () => {
    const said = await outcome(major, USERS, "operations: [drop_enum_value: { type: mood, value: sad, to: ok }]");
    expect(said[0]).toBe(
      "a row that has sad keeps it in the old column, and gets it back by a reversal, until the new version changes it: ok is what it has then",
    );
  });

  test.each([
    [USERS, "drop_enum_value: { type: mood, value: blue, to: ok }", "has no value blue; it has sad, ok, happy"],
    [
      USERS,
      "drop_enum_value: { type: mood, value: sad, to: blue }",
      "can't have blue in place of sad: it keeps ok, happy",
    ],
    [USERS, "drop_enum_value: { type: mood, value: sad, to: sad }", "can't have sad in place of sad"],
    [
      "create type one as enum ('a')",
      "drop_enum_value: { type: one, value: a, to: null }",
      "has no value but a: a column of it could hold nothing",
    ],
  ])("%s %s is refused", async (script, operation, why) => {
    const [first = ""] = await outcome(major, script, `operations: [${operation}]`);
    expect(first).toContain(why);
  });

  test.each([
    [
      "drop_enum_value: { type: mood, value: sad, to: null }",
      "",
      "public.users.mood: it is NOT NULL, and sad would become NULL",
    ],
    [
      "drop_enum_value: { type: mood, value: sad, to: null }",
      "create table lists (moods mood[]);",
      "public.lists.moods: it is an array, and sad would become NULL in it: name a value instead",
    ],
    [
      "drop_enum_value: { type: mood, value: sad, to: ok }",
      "alter table users add check (mood <> 'sad');",
      "public.users.mood: check users_mood_check on public.users: CHECK ((mood <> 'sad'::public.mood)) has the value 'sad', which goes: only you can tell what it is to mean then",
    ],
    [
      "drop_enum_value: { type: mood, value: sad, to: ok }",
      "create unique index once on users (id, mood);",
      "public.users.mood: unique index public.once reads it, where values that become one could collide",
    ],
    [
      "drop_enum_value: { type: mood, value: sad, to: null }",
      "create table lists (mood mood default coalesce(null, 'sad'::mood));",
      "public.lists.mood: its default: COALESCE(NULL::public.mood, 'sad'::public.mood) has the value 'sad', which goes: only you can tell what it is to mean then",
    ],
    [
      "drop_enum_value: { type: mood, value: sad, to: ok, columns: [{ table: users, column: mood, to: feeling }] }",
      "",
      "public.users.mood: the default of public.users has a value that goes, 'sad'::public.mood: set another one first",
    ],
  ])("%s over %s is refused", async (operation, script, line) => {
    expect(await outcome(major, USERS + script, `operations: [${operation}]`)).toContain(line);
  });

  test("with a schema for each version the default is in the way too", async () => {
    const said = await outcome(
      major,
      USERS,
      "views: true\noperations: [drop_enum_value: { type: mood, value: sad, to: ok }]",
    );
    expect(said).toContain(
      "public.users.mood: the default of public.users has a value that goes, 'sad'::public.mood: set another one first",
    );
  });
});
