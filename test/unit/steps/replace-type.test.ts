import { beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { compile } from "../../../src/compiler/compile.ts";
import { explain } from "../../../src/compiler/explain.ts";
import { scopeOf } from "../../../src/compiler/scope.ts";
import type { Catalog } from "../../../src/model/catalog.ts";
import { SegueError } from "../../../src/model/errors.ts";
import type { Program } from "../../../src/model/program.ts";
import type { Step, UndoStep } from "../../../src/model/step.ts";
import { completeSettings } from "../../../src/plan/merge-settings.ts";
import { readCatalog } from "../../../src/postgres/read-catalog.ts";
import type { Session } from "../../../src/postgres/session.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { planOf, sqlOf } from "../compiler/compile-plan.ts";
import { executeWithFills, snapshot, undo, withSession } from "./execute-drafts.ts";

beforeAll(loadParser);

const SCHEMA = `
  create schema segue;
  create type mood as enum ('sad', 'ok', 'happy');
  create table users (id int primary key, mood mood not null default 'sad', moods mood[], constraint not_happy check (mood <> 'happy'));
  create index users_sad on users (id) where mood = 'sad';
  create index users_both on users (mood, moods);
  insert into users select i, 'sad', '{ok,sad}' from generate_series(1, 5) i;
  create schema logs;
  create table logs.entries (id int, region int, mood mood not null default 'sad') partition by list (region);
  create table logs.entries_0 partition of logs.entries for values in (0);
  create table logs.entries_1 partition of logs.entries for values in (1);
  alter table logs.entries_1 alter mood set default 'ok';
  insert into logs.entries select i, i % 2, 'sad' from generate_series(1, 5) i`;

const SMALL = `
  create schema segue;
  create type mood as enum ('sad', 'ok');
  comment on type mood is 'how';
  grant usage on type mood to pg_monitor;
  create table b (moods mood[]);
  create table a (mood mood default 'sad')`;

const RENAME = "rename_enum_value: { type: mood, from: sad, to: blue }";

type Explained = Readonly<Record<"expand" | "backfill" | "contract", Record<string, Record<string, unknown>>[]>>;

async function catalogFor(session: Session, text: string): Promise<Catalog> {
  const scope = { ...scopeOf(planOf(text), "public"), defaultSchema: "public" };
  const found = await readCatalog(session, scope);
  const partitions = Object.values(found.tables).flatMap((table) => table.partitions.map(({ name }) => name));
  return readCatalog(session, { ...scope, tables: [...scope.tables, ...partitions] });
}

async function programOf(session: Session, text: string): Promise<Program> {
  const plan = planOf(text);
  return compile(plan, await catalogFor(session, text), completeSettings(plan.settings));
}

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test.each([
    `operations: [${RENAME}]`,
    "operations: [rename_enum_value: { type: mood, from: sad, to: blue, columns: [{ table: users, column: mood, to: feeling }] }]",
    "operations: [drop_enum_value: { type: mood, value: ok, to: sad }]",
  ])("%s locks what it says, forth and back", async (text) => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (session) => {
      const before = await snapshot(session);
      const program = await programOf(session, text);
      await executeWithFills(session, [...program.expand, ...program.backfill]);
      const ready = await snapshot(session);
      await executeWithFills(session, program.cutover);
      expect(await snapshot(session)).not.toEqual(ready);
      await undo(session, program.cutover);
      expect(await snapshot(session)).toEqual(ready);
      await undo(session, [...program.expand, ...program.backfill]);
      expect(await snapshot(session)).toEqual(before);
    });
  });

  test("the cut-over is one transaction over all tables in the order of their names", async () => {
    const database = await testDatabase({ major, script: SMALL });
    await withSession(database, async (session) => {
      const { cutover, drop, expand } = await programOf(session, `operations: [${RENAME}]`);
      const lines = (step: Step | UndoStep | undefined): readonly string[] =>
        step === undefined ? [] : [sqlOf(step)].flat().map((sql) => sql.replace(/^DO [^]*/, "DO …"));
      expect(lines(expand[0])).toEqual([
        "CREATE TYPE public.segue_new_mood_26a2b249 AS ENUM ('blue', 'ok')",
        "COMMENT ON TYPE public.segue_new_mood_26a2b249 IS 'how'",
        "REVOKE ALL ON TYPE public.segue_new_mood_26a2b249 FROM PUBLIC",
        "GRANT USAGE ON TYPE public.segue_new_mood_26a2b249 TO PUBLIC",
        "GRANT USAGE ON TYPE public.segue_new_mood_26a2b249 TO pg_monitor",
        "ALTER TYPE public.segue_new_mood_26a2b249 OWNER TO postgres",
      ]);
      expect(cutover.map(lines)).toEqual([
        [
          "LOCK TABLE public.a, public.b IN ACCESS EXCLUSIVE MODE",
          "DO …",
          "DO …",
          "ALTER TYPE public.mood RENAME TO segue_old_mood_6bfd6c4e",
          "ALTER TYPE public.segue_new_mood_26a2b249 RENAME TO mood",
          "ALTER TABLE public.a RENAME COLUMN mood TO segue_old_mood_381f197a",
          "ALTER TABLE public.a RENAME COLUMN segue_new_mood_73e63b53 TO mood",
          "ALTER TABLE public.a ALTER COLUMN mood SET DEFAULT 'blue'::public.mood",
          "ALTER TABLE public.a ALTER COLUMN segue_old_mood_381f197a DROP DEFAULT",
          "ALTER TABLE public.b RENAME COLUMN moods TO segue_old_moods_d9ea8abf",
          "ALTER TABLE public.b RENAME COLUMN segue_new_moods_a5c4c905 TO moods",
          "CREATE OR REPLACE FUNCTION segue.sync_a_3c34b6f2() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS …",
          "CREATE OR REPLACE FUNCTION segue.sync_b_c6437abe() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS …",
        ],
      ]);
      expect((cutover[0]?.undo ?? []).map(lines)).toEqual([
        [
          "LOCK TABLE public.a, public.b IN ACCESS EXCLUSIVE MODE",
          "DO …",
          "ALTER TYPE public.mood RENAME TO segue_new_mood_26a2b249",
          "ALTER TYPE public.segue_old_mood_6bfd6c4e RENAME TO mood",
          "ALTER TABLE public.b RENAME COLUMN moods TO segue_new_moods_a5c4c905",
          "ALTER TABLE public.b RENAME COLUMN segue_old_moods_d9ea8abf TO moods",
          "ALTER TABLE public.a ALTER COLUMN segue_old_mood_381f197a SET DEFAULT 'sad'::public.mood",
          "ALTER TABLE public.a ALTER COLUMN mood DROP DEFAULT",
          "ALTER TABLE public.a RENAME COLUMN mood TO segue_new_mood_73e63b53",
          "ALTER TABLE public.a RENAME COLUMN segue_old_mood_381f197a TO mood",
          "CREATE OR REPLACE FUNCTION segue.sync_a_3c34b6f2() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS …",
          "CREATE OR REPLACE FUNCTION segue.sync_b_c6437abe() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS …",
        ],
      ]);
      expect(lines(drop.at(-1))).toEqual(["DROP TYPE IF EXISTS public.segue_old_mood_6bfd6c4e"]);
    });
  });

  test("what came to use the type, or to be a value of it, since the plan was compiled stops the cut-over", async () => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (session) => {
      const program = await programOf(session, `operations: [${RENAME}]`);
      await executeWithFills(session, [...program.expand, ...program.backfill]);
      const last = program.cutover.at(-1) as Step;
      await executeWithFills(session, program.cutover.slice(0, -1));
      await session.query("create table late (mood mood)");
      await expect(executeWithFills(session, [last])).rejects.toThrow(
        "column mood of table late came to use type public.mood after the plan was compiled",
      );
      await session.query("drop table late");
      await session.query("create function f(mood) returns int language sql as 'select 1'");
      await expect(executeWithFills(session, [last])).rejects.toThrow("function f(mood) came to use type public.mood");
      await session.query("drop function f");
      await session.query("alter type mood add value 'furious'");
      await expect(executeWithFills(session, [last])).rejects.toThrow(
        "the values of type public.mood changed after the plan was compiled: 'sad', 'ok', 'happy', 'furious'",
      );
    });
  });

  test("a temporary table of another session is no obstacle", async () => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (other) => {
      await other.query("create temp table mine (mood mood default 'sad')");
      await withSession(database, async (session) => {
        const program = await programOf(session, `operations: [${RENAME}]`);
        await executeWithFills(session, [...program.expand, ...program.backfill, ...program.cutover]);
        await undo(session, program.cutover);
      });
    });
  });

  test("an enum that no column holds changes names alone", async () => {
    const database = await testDatabase({
      major,
      script: "create schema segue; create type mood as enum ('sad', 'ok')",
    });
    await withSession(database, async (session) => {
      const before = await snapshot(session);
      const program = await programOf(session, `operations: [${RENAME}]`);
      const values = async () => (await session.query("select enum_range(null::mood)::text as all")).rows;
      await executeWithFills(session, [...program.expand, ...program.backfill, ...program.cutover]);
      expect(await values()).toEqual([{ all: "{blue,ok}" }]);
      await undo(session, program.cutover);
      await undo(session, program.expand);
      expect(await snapshot(session)).toEqual(before);
      await executeWithFills(session, [...program.expand, ...program.backfill, ...program.cutover, ...program.drop]);
      expect(await values()).toEqual([{ all: "{blue,ok}" }]);
    });
  });

  test("an explicit replacement must have all of its parts, and nothing else", async () => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (session) => {
      const text = `operations: [${RENAME}]`;
      const explained = explain(planOf(text), await catalogFor(session, text), completeSettings({}));
      const refusalOf = async (change: (written: Explained) => void): Promise<string> => {
        const changed = parse(explained) as Explained;
        change(changed);
        const error: unknown = await programOf(session, stringify(changed)).then(
          () => null,
          (caught: unknown) => caught,
        );
        if (!(error instanceof SegueError)) throw new Error("it was taken");
        return [error.message, ...error.problems.map(({ message }) => message)].join("\n");
      };
      expect(
        await refusalOf(({ expand }) => Object.assign(expand[0]?.["create_enum"] ?? {}, { values: ["blue"] })),
      ).toContain(
        "replace_type: the plan must create enum public.segue_new_mood_26a2b249 with the values blue, ok, happy",
      );
      expect(await refusalOf(({ backfill }) => backfill.pop())).toContain(
        "replace_type: the plan has no carry of public.users.moods",
      );
      expect(
        await refusalOf(({ contract }) =>
          (contract[0]?.["replace_type"]?.["columns"] as unknown[] | undefined)?.shift(),
        ),
      ).toContain("logs.entries.mood holds it, and nothing replaces that column");
      expect(
        await refusalOf(({ contract }) => contract.push({ set_comment: { table: "users", comment: "people" } })),
      ).toContain("`set_comment` can't stand in the same plan");
    });
  });
});
