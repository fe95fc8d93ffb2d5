import { beforeAll, describe, expect, test } from "vitest";
import { addEnumValueStep } from "../../../src/steps/add-enum-value.ts";
import { createEnumStep } from "../../../src/steps/create-enum.ts";
import { diffSnapshots } from "../../../src/postgres/snapshot-diff.ts";
import { readCatalog } from "../../../src/postgres/read-catalog.ts";
import type { Session } from "../../../src/postgres/session.ts";
import type { StepKind } from "../../../src/steps/step-kind.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { catalogOf as snapshotOf } from "../../support/catalog-diff.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { execute, statementsOf, undo, withSession } from "./execute-drafts.ts";
import { lowerContext } from "./lower-context.ts";

beforeAll(loadParser);

async function lower<F>(session: Session, step: StepKind<F>, written: object) {
  const fields = step.fields.parse(written);
  const questions = step.questions?.(fields, "public") ?? [];
  const catalog = await readCatalog(session, { tables: [], schemas: [], defaultSchema: "public", questions });
  return step.lower(fields, lowerContext(catalog, "expand"));
}

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("an enum comes and goes", async () => {
    const database = await testDatabase({ major });
    await withSession(database, async (session) => {
      const before = await snapshotOf(database);
      const { expand = [] } = await lower(session, createEnumStep, { name: "Mood", values: ["sad", "it's fine"] });
      expect(statementsOf(expand)).toEqual([[`CREATE TYPE public."Mood" AS ENUM ('sad', 'it''s fine')`]]);
      expect(statementsOf(expand[0]?.undo ?? [])).toEqual([['DROP TYPE IF EXISTS public."Mood"']]);
      // Asking whether it can be created has created nothing.
      expect(diffSnapshots(before, await snapshotOf(database))).toEqual([]);
      await execute(session, expand);
      expect(await session.query('SELECT enum_range(NULL::"Mood")::text AS all')).toMatchObject({
        rows: [{ all: '{sad,"it\'s fine"}' }],
      });
      await undo(session, expand);
      expect(diffSnapshots(before, await snapshotOf(database))).toEqual([]);
    });
  });

  test("a name that is taken and a schema that is not there are refused in the server's words", async () => {
    const database = await testDatabase({
      major,
      script: "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE users (id int)",
    });
    await withSession(database, async (session) => {
      const create = (name: string) => lower(session, createEnumStep, { name, values: ["a"] });
      await expect(create("mood")).rejects.toThrow('public.mood: type "mood" already exists');
      await expect(create("users")).rejects.toThrow('public.users: type "users" already exists');
      await expect(create("nowhere.mood")).rejects.toThrow('schema "nowhere" does not exist');
    });
  });

  test("a value is added where it belongs, once, and stays on reversal", async () => {
    const database = await testDatabase({
      major,
      script: "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN d AS int",
    });
    await withSession(database, async (session) => {
      const add = (fields: object) => lower(session, addEnumValueStep, { type: "mood", ...fields });
      const { expand = [], warnings } = await add({ value: "so-so", before: "happy" });
      expect(statementsOf(expand)).toEqual([["ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'so-so' BEFORE 'happy'"]]);
      expect(warnings).toEqual([
        "a reversal leaves value so-so of enum public.mood: PostgreSQL can't drop a value of an enum",
      ]);
      expect(expand[0]).toMatchObject({ undo: [], stays: expect.stringContaining("can't drop") as string });
      await execute(session, expand);
      // Sent again after a lost answer.
      await execute(session, expand);
      expect(statementsOf((await add({ value: "it's great" })).expand ?? [])).toEqual([
        ["ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'it''s great'"],
      ]);
      expect(await session.query("SELECT enum_range(NULL::mood)::text AS all")).toMatchObject({
        rows: [{ all: "{sad,so-so,happy}" }],
      });
      expect(await add({ value: "so-so", before: "happy" })).toEqual({
        warnings: ["value so-so of enum public.mood stands already: nothing is added"],
      });
      await expect(add({ type: "nothing", value: "a" })).rejects.toThrow("type public.nothing does not exist");
      await expect(add({ type: "d", value: "a" })).rejects.toThrow("type public.d is not an enum");
    });
  });
});
