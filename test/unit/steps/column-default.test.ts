import { beforeAll, describe, expect, test } from "vitest";
import { dropDefaultStep } from "../../../src/steps/drop-default.ts";
import { setDefaultStep } from "../../../src/steps/set-default.ts";
import type { Column, Fact, Table } from "../../../src/model/catalog.ts";
import { factKey } from "../../../src/model/catalog.ts";
import type { Phase } from "../../../src/model/phase.ts";
import { diffSnapshots } from "../../../src/postgres/snapshot-diff.ts";
import { readCatalog } from "../../../src/postgres/read-catalog.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { catalogOf as snapshotOf } from "../../support/catalog-diff.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { catalogOf, columnOf, tableOf } from "./carry-catalog.ts";
import { execute, lowered, statementsOf, undo, withSession } from "./execute-drafts.ts";
import { lowerContext } from "./lower-context.ts";

beforeAll(loadParser);

const PARTITIONED = `
  CREATE TABLE visits (id bigint, region int, "How" text DEFAULT 'web') PARTITION BY LIST (region);
  CREATE TABLE visits_0 PARTITION OF visits FOR VALUES IN (0);
  CREATE TABLE visits_rest PARTITION OF visits DEFAULT PARTITION BY LIST (region);
  CREATE TABLE visits_1 PARTITION OF visits_rest FOR VALUES IN (1);
  CREATE TABLE visits_2 PARTITION OF visits_rest FOR VALUES IN (2);
  ALTER TABLE ONLY visits_rest ALTER "How" SET DEFAULT lower('MAIL');
  ALTER TABLE visits_1 ALTER "How" DROP DEFAULT`;

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test.each([
    [setDefaultStep, { default: "'app'" }, `SET DEFAULT 'app'`],
    [dropDefaultStep, {}, "DROP DEFAULT"],
  ] as const)("$kind reaches every partition, and a reversal gives each back its own", async (step, more, action) => {
    const database = await testDatabase({ major, script: PARTITIONED });
    await withSession(database, async (session) => {
      const before = await snapshotOf(database);
      const { cutover = [], warnings } = await lowered(session, step, "contract", {
        table: "visits",
        column: "How",
        ...more,
      });
      expect(statementsOf(cutover)).toEqual([[`ALTER TABLE public.visits ALTER COLUMN "How" ${action}`]]);
      expect(statementsOf(cutover[0]?.undo ?? [])).toEqual([
        [
          `ALTER TABLE public.visits ALTER COLUMN "How" SET DEFAULT 'web'::text`,
          `ALTER TABLE ONLY public.visits_rest ALTER COLUMN "How" SET DEFAULT lower('MAIL'::text)`,
          `ALTER TABLE ONLY public.visits_1 ALTER COLUMN "How" DROP DEFAULT`,
        ],
      ]);
      expect(warnings?.slice(1)).toEqual([
        "partition public.visits_rest has the default lower('MAIL'::text) for How, which is replaced too",
        "partition public.visits_1 has no default for How, which is replaced too",
      ]);
      await execute(session, cutover);
      expect(diffSnapshots(before, await snapshotOf(database))).not.toEqual([]);
      await undo(session, cutover);
      expect(diffSnapshots(before, await snapshotOf(database))).toEqual([]);
    });
  });

  test("the server says whether a default fits the column; a volatile one does", async () => {
    const database = await testDatabase({ major, script: "CREATE TABLE t (id bigint, at timestamptz, n int)" });
    const refusal = async (column: string, value: string | number): Promise<string> =>
      withSession(database, async (session) => {
        const fields = setDefaultStep.fields.parse({ table: "t", column, default: value });
        const table = { schema: "public", name: "t" };
        const questions = setDefaultStep.questions(fields, "public");
        const catalog = await readCatalog(session, {
          tables: [table],
          schemas: [],
          defaultSchema: "public",
          questions,
        });
        try {
          setDefaultStep.lower(fields, lowerContext(catalog, "expand"));
          return "taken";
        } catch (error) {
          return (error as Error).message;
        }
      });
    expect(await refusal("at", "clock_timestamp()")).toBe("taken");
    expect(await refusal("n", "random() * 10 and-more()")).toMatch(/^public\.t\.n: /);
    expect(await refusal("n", "'many'")).toBe(`public.t.n: invalid input syntax for type integer: "many"`);
    expect(await refusal("n", "now()")).toContain("is of type integer but default expression is of type timestamp");
    expect(await refusal("n", "(select 1)")).toBe("public.t.n: cannot use subquery in DEFAULT expression");
  });
});

const lower = (phase: Phase, column: Partial<Column>, parts: Partial<Table> = {}, fact?: Fact) => {
  const table = tableOf("users", { columns: [columnOf("Plan", "text", column)], ...parts });
  const fields = { table: "users", column: "Plan", default: "'free'" };
  const [question] = setDefaultStep.questions(fields, "public");
  const catalog = { ...catalogOf(18, table), facts: fact === undefined ? {} : { [factKey(question!)]: fact } };
  return setDefaultStep.lower(fields, lowerContext(catalog, phase));
};

test("people are told who gets what", () => {
  expect(lower("expand", { default: "'trial'::text" }).warnings).toEqual([
    "writers of every version that leave out public.users.Plan get 'free' from then on, not 'trial'::text",
  ]);
  expect(lower("expand", {}).warnings?.[0]).toContain("not NULL");
  const drop = (notNull: boolean) =>
    dropDefaultStep.lower(
      { table: "users", column: "Plan" },
      lowerContext(
        catalogOf(18, tableOf("users", { columns: [columnOf("Plan", "text", { notNull, default: "'free'" })] })),
        "contract",
      ),
    ).warnings;
  expect(drop(false)).toEqual(["writers that leave out public.users.Plan no longer get 'free': they get NULL"]);
  expect(drop(true)?.[0]).toContain("they fail: the column is NOT NULL");
});

test("columns whose values come from elsewhere, and children that could not be put back, are refused", () => {
  expect(() => lower("expand", { identity: "always" })).toThrow("public.users.Plan is an identity column");
  expect(() => lower("expand", { generated: { kind: "stored", expression: "1" } })).toThrow("is a generated column");
  expect(() => lower("expand", {}, { inheritanceChildren: [{ schema: "public", name: "vips" }] })).toThrow(
    "has a default in the tables that inherit from public.users too",
  );
  expect(() =>
    dropDefaultStep.lower(
      { table: "users", column: "Plan" },
      lowerContext(catalogOf(18, tableOf("users", { columns: [columnOf("Plan", "text")] })), "contract"),
    ),
  ).toThrow("public.users.Plan has no default");
});

test("what an earlier entry of the plan makes can't be asked about, and is left to the server", () => {
  expect(lower("expand", {}, {}, { error: 'column "Plan" does not exist', sqlstate: "42703" }).expand).toHaveLength(1);
  expect(() => lower("expand", {}, {}, { error: "no such function", sqlstate: "42883" })).toThrow("no such function");
});

test("a column that the plan itself derives or replaces is refused", () => {
  const among =
    (...entries: Parameters<typeof lowerContext>[2] & object) =>
    () =>
      setDefaultStep.lower(
        { table: "users", column: "Plan", default: 1 },
        lowerContext(catalogOf(18, tableOf("users", { columns: [columnOf("Plan", "int")] })), "expand", entries),
      );
  const refusal = "public.users.Plan is derived or replaced by this plan";
  expect(among(["expand", "sync", { table: "public.users", forward: { Plan: "1" } }])).toThrow(refusal);
  expect(among(["contract", "replace_column", { table: "users", column: "Plan", by: "b" }])).toThrow(refusal);
  expect(among(["contract", "replace_column", { table: "users", column: "a", by: "Plan" }])).toThrow(refusal);
  expect(among(["expand", "sync", { table: "users", fill: { Plan: "1" } }])).not.toThrow();
  expect(among(["contract", "replace_column", { table: "others", column: "Plan", by: "b" }])).not.toThrow();
});
