import { describe, expect, test } from "vitest";
import { factKey } from "../../../src/model/catalog.ts";
import { readCatalog } from "../../../src/postgres/read-catalog.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { withSession } from "../steps/execute-drafts.ts";

const TYPE = { schema: "s", name: "Mood" };

async function useOf(major: number, script: string): Promise<unknown> {
  const database = await testDatabase({
    major,
    script: `create schema s; create type s."Mood" as enum ('b', 'a');${script}`,
  });
  return withSession(database, async (session) => {
    const question = { ask: "enum use", type: TYPE } as const;
    const catalog = await readCatalog(session, {
      tables: [],
      schemas: [],
      defaultSchema: "public",
      questions: [question],
      enums: [TYPE],
    });
    const fact = catalog.facts[factKey(question)];
    return { tables: Object.keys(catalog.tables), ...(fact !== undefined && "use" in fact ? fact.use : fact) };
  });
}

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("the columns of an enum are found wherever they are, and what goes along with them is nothing else", async () => {
    expect(
      await useOf(
        major,
        `comment on type s."Mood" is 'how'; grant usage on type s."Mood" to pg_monitor with grant option;
         create table plain (id int, mood s."Mood" default 'a', moods s."Mood"[] default '{a}', check (mood <> 'b'));
         create index on plain (id) where mood = 'a'; create statistics st on mood, id from plain;
         create table s.parts (id int, mood s."Mood" not null default 'b') partition by list (id);
         create table s.part partition of s.parts for values in (1);
         create temp table mine (mood s."Mood" default 'a');`,
      ),
    ).toMatchObject({
      tables: ["public.plain", "s.parts"],
      type: 's."Mood"',
      values: ["b", "a"],
      comment: "how",
      grants: [
        { grantee: "PUBLIC", privilege: "USAGE", grantable: false },
        { grantee: "pg_monitor", privilege: "USAGE", grantable: true },
        { privilege: "USAGE", grantable: false },
      ],
      columns: [
        { table: { schema: "public", name: "plain" }, column: "mood", array: false },
        { table: { schema: "public", name: "plain" }, column: "moods", array: true },
        { table: { schema: "s", name: "parts" }, column: "mood", array: false },
      ],
      others: [],
    });
  });

  test("whatever else is made of it is told", async () => {
    expect(
      await useOf(
        major,
        `create table plain (id int, mood s."Mood", note text default 'a'::s."Mood"::text, check (note <> 'b'::s."Mood"::text),
           loud text generated always as (case when mood = 'a' then 'A' end) stored);
         create function f(s."Mood") returns int language sql as 'select 1';
         create view v as select 'a'::s."Mood" as mood;
         create materialized view m as select id from plain where mood = 'a';
         create domain d as s."Mood"; create type c as (mood s."Mood"); create type r as range (subtype = s."Mood");
         create policy p on plain using (mood = 'a');
         create trigger t before update on plain for each row when (new.mood = 'b') execute function suppress_redundant_updates_trigger();`,
      ),
    ).toMatchObject({
      grants: null,
      comment: null,
      others: [
        // Up to 14 a generated column itself depends on what its expression has.
        ...(major < 15 ? ["column loud of table public.plain"] : []),
        "composite type public.c",
        "constraint plain_note_check on table public.plain",
        ...(major < 15 ? [] : ["default value for column loud of table public.plain"]),
        "default value for column note of table public.plain",
        'function public.f(s."Mood")',
        "materialized view public.m",
        "policy p on table public.plain",
        "trigger t on table public.plain",
        "type public.d",
        "type public.r",
        "view public.v",
      ],
    });
  });

  test("no enum of that name is an answer too", async () => {
    expect(await useOf(major, `drop type s."Mood"`)).toEqual({
      tables: [],
      error: "type s.Mood does not exist",
      sqlstate: "42704",
    });
  });
});
