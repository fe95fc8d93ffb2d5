import { beforeAll, describe, expect, test } from "vitest";
import { setCommentStep } from "../../../src/steps/set-comment.ts";
import { diffSnapshots } from "../../../src/postgres/snapshot-diff.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { catalogOf as snapshotOf } from "../../support/catalog-diff.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { catalogOf, columnOf, indexOf, tableOf } from "./carry-catalog.ts";
import { execute, lowered, statementsOf, undo, withSession } from "./execute-drafts.ts";
import { lowerContext } from "./lower-context.ts";

beforeAll(loadParser);

const SCHEMA = `
  CREATE TABLE "Users" (id bigint CONSTRAINT "the key" PRIMARY KEY, "E-mail" text CONSTRAINT has_at CHECK (position('@' in "E-mail") > 0));
  CREATE INDEX "by e-mail" ON "Users" ("E-mail");
  CREATE TABLE visits (id bigint, region int) PARTITION BY LIST (region);
  CREATE TABLE visits_0 PARTITION OF visits FOR VALUES IN (0);
  COMMENT ON TABLE "Users" IS 'people';
  COMMENT ON COLUMN "Users"."E-mail" IS 'as typed';
  COMMENT ON INDEX "by e-mail" IS 'for the login';
  COMMENT ON CONSTRAINT has_at ON "Users" IS 'hardly a check'`;

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test.each([
    [{}, `TABLE public."Users"`, "'people'"],
    [{ column: "E-mail" }, `COLUMN public."Users"."E-mail"`, "'as typed'"],
    [{ column: "id" }, `COLUMN public."Users".id`, "NULL"],
    [{ index: "by e-mail" }, `INDEX public."by e-mail"`, "'for the login'"],
    [{ index: "the key" }, `INDEX public."the key"`, "NULL"],
    [{ constraint: "has_at" }, `CONSTRAINT has_at ON public."Users"`, "'hardly a check'"],
    [{ constraint: "the key" }, `CONSTRAINT "the key" ON public."Users"`, "NULL"],
    [{ table: "visits" }, "TABLE public.visits", "NULL"],
  ])("a comment on %j comes and goes", async (target, sql, old) => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (session) => {
      for (const [comment, text] of [
        ["it's\nnew", "'it''s\nnew'"],
        [null, "NULL"],
        ["", "NULL"],
      ] as const) {
        const before = await snapshotOf(database);
        const { expand = [] } = await lowered(session, setCommentStep, "expand", {
          table: "Users",
          ...target,
          comment,
        });
        expect(statementsOf(expand)).toEqual([[`COMMENT ON ${sql} IS ${text}`]]);
        expect(statementsOf(expand[0]?.undo ?? [])).toEqual([[`COMMENT ON ${sql} IS ${old}`]]);
        await execute(session, expand);
        await undo(session, expand);
        expect(diffSnapshots(before, await snapshotOf(database))).toEqual([]);
      }
    });
  });
});

test("what the plan replaces takes a comment only in another plan", () => {
  const table = tableOf("users", {
    columns: [columnOf("name", "text")],
    indexes: [indexOf("by_name", "CREATE INDEX by_name ON public.users USING btree (name)", ["name"])],
  });
  const refused = (target: object) => () =>
    setCommentStep.lower(
      { table: "users", comment: "x", ...target },
      lowerContext(catalogOf(18, table), "expand", [
        ["contract", "replace_column", { table: "users", column: "name", by: "handle" }],
      ]),
    );
  expect(refused({ column: "name" })).toThrow("public.users.name is replaced or dropped by this plan");
  expect(refused({ index: "by_name" })).toThrow("public.users.name is replaced or dropped by this plan");
  expect(refused({})).not.toThrow();
});

test("it may stand in every phase", () => {
  const catalog = catalogOf(18, tableOf("users"));
  const keys = (phase: "expand" | "backfill" | "contract") =>
    Object.keys(setCommentStep.lower({ table: "users", comment: "x" }, lowerContext(catalog, phase)));
  expect([keys("expand"), keys("backfill"), keys("contract")]).toEqual([["expand"], ["backfill"], ["cutover"]]);
});
