import { beforeAll, describe, expect, test } from "vitest";
import { renameEnumValue } from "../../../src/operations/rename-enum-value.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS } from "../../support/postgres.ts";
import { enumOutcome as outcome } from "./enum-outcome.ts";

beforeAll(loadParser);

const RENAME = "operations: [rename_enum_value: { type: mood, from: sad, to: blue }]";
const USERS = "create table users (id int primary key, mood mood not null default 'sad');";

test("its fields", () => {
  const problems = (fields: unknown) =>
    renameEnumValue.fields.safeParse(fields).error?.issues.map(({ message }) => message);
  expect(problems({ type: "mood", from: "sad", to: "blue" })).toBeUndefined();
  expect(problems({ type: "mood", from: "sad" })).toHaveLength(1);
  expect(problems({ type: "mood", from: "sad", to: "ä".repeat(32) })?.[0]).toContain("over 63 bytes");
  expect(
    problems({ type: "mood", from: "sad", to: "blue", columns: [{ table: "users", column: "mood" }] }),
  ).toHaveLength(1);
});

test("the inverse of a rename is a rename", () => {
  const fields = {
    type: "mood",
    from: "sad",
    to: "blue",
    columns: [{ table: "users", column: "mood", to: "feeling" }],
  };
  const catalog = { major: 18, defaultSchema: "public", tables: {}, relationNames: [], facts: {} };
  expect(renameEnumValue.inverse(fields, catalog)).toEqual({
    operations: [
      {
        kind: "rename_enum_value",
        fields: { type: "mood", from: "blue", to: "sad", columns: [{ table: "users", column: "feeling", to: "mood" }] },
      },
    ],
  });
});

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("what `plan` says", async () => {
    expect(await outcome(major, USERS, RENAME)).toEqual([
      "the new column stands at the end of public.users: a positional INSERT and `select *` see that, and a prepared `select *` fails once",
      "both application versions see the old values of public.users.mood until the cut-over and the new ones after it: they must tolerate both",
      expect.stringContaining("public.users.mood"),
      "a statement that casts to public.mood means the old type until the cut-over and the new one after it",
    ]);
  });

  test.each([
    [USERS, "rename_enum_value: { type: nothing, from: a, to: b }", "SEG0101 type public.nothing does not exist"],
    [USERS, "rename_enum_value: { type: users, from: a, to: b }", "SEG0101 type public.users is not an enum"],
    [USERS, "rename_enum_value: { type: mood, from: blue, to: sad }", "has no value blue; it has sad, ok, happy"],
    [USERS, "rename_enum_value: { type: mood, from: sad, to: ok }", "has a value ok already"],
    [
      USERS,
      "rename_enum_value: { type: mood, from: sad, to: blue, columns: [{ table: users, column: id, to: x }] }",
      "`columns`: public.users.id is no column of enum public.mood; public.users.mood is",
    ],
    [
      USERS,
      "rename_enum_value: { type: mood, from: sad, to: blue, columns: [{ table: users, column: mood, to: id }] }",
      "column public.users.id already exists",
    ],
  ])("%s %s is refused", async (script, operation, why) => {
    const [first = ""] = await outcome(major, script, `operations: [${operation}]`);
    expect(first).toContain(why);
  });

  test.each([
    ["create function f(mood) returns int language sql as 'select 1';", "function public.f(public.mood) is made of it"],
    ["create domain feeling as mood;", "type public.feeling is made of it"],
    ["create view v as select mood from users;", "view public.v is made of it"],
    [
      "create table notes (note text default 'sad'::mood::text);",
      "default value for column note of table public.notes is made of it",
    ],
    ["create table keys (mood mood primary key);", "public.keys.mood: it is in the primary key"],
    [
      "alter table users add unique (mood); create table friends (mood mood references users (mood));",
      "public.users.mood: foreign key friends_mood_fkey on public.friends references it",
    ],
    ["create table parts (mood mood) partition by list (mood);", "public.parts.mood: it is in the partition key"],
    [
      "create table parent (mood mood); create table child () inherits (parent);",
      "public.parent.mood: table public.child inherits from public.parent",
    ],
    [
      "alter table users add check (mood::text <> 'sad');",
      "public.users.mood: check users_mood_check on public.users: CHECK (((mood)::text <> 'sad'::text)) holds 'sad' as a text, where the value can't be followed",
    ],
    [
      "create function g() returns void language sql as 'update users set mood = null';",
      "public.users.mood: function public.g() seems to name the column",
    ],
  ])("%s is in the way", async (script, line) => {
    const said = await outcome(major, USERS + script, RENAME);
    expect(said[0]).toMatch(/^SEG0102 enum public.mood can't be replaced: (this is|these \d are) in the way$/);
    expect(said).toContain(line);
    expect(said.at(-1)).toContain("drop or change them in an earlier plan");
  });

  test("a function that a person has judged is passed over", async () => {
    const script = `${USERS} create function g() returns void language sql as 'update users set mood = null';`;
    const said = await outcome(major, script, RENAME);
    expect(said.at(-1)).toContain('settings: { ignore_dependents: ["public.g()"] }');
    const warnings = await outcome(major, script, `${RENAME}\nsettings: { ignore_dependents: [public.g()] }`);
    expect(warnings[0]).toContain("stands at the end");
  });

  test("a plan that replaces an enum does nothing else", async () => {
    const plan = (other: string) => outcome(major, USERS, `${RENAME.slice(0, -1)}, ${other}]`);
    expect((await plan("set_comment: { table: users, comment: people }"))[0]).toBe(
      "SEG0102 type mood is replaced by a plan of its own: `set_comment` can't stand in the same plan",
    );
    expect((await plan("rename_enum_value: { type: mood, from: ok, to: fine }"))[0]).toContain("SEG0");
    expect((await plan("add_column: { table: users, column: more, type: mood }"))[0]).toContain(
      "`add_column` can't stand",
    );
  });
});
