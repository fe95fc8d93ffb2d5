import { describe, expect, test } from "vitest";
import { readCatalog } from "../../../src/postgres/read-catalog.ts";
import { openSession } from "../../../src/postgres/session.ts";
import { pagilaScript } from "../../support/pagila.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { catalogOf, inPublic, tableOf } from "./catalog-of.ts";
import { withSession } from "./with-session.ts";

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a table that does not exist is left out, and names that are taken are listed", async () => {
    const database = await testDatabase({
      major,
      script: "CREATE TABLE a (id serial PRIMARY KEY); CREATE VIEW v AS SELECT 1",
    });
    const catalog = await catalogOf(database, inPublic("a"), inPublic("nothing"));
    expect(catalog.major).toBe(major);
    expect(Object.keys(catalog.tables)).toEqual(["public.a"]);
    expect(catalog.relationNames).toEqual(["public.a", "public.a_id_seq", "public.a_pkey", "public.v"]);
  });

  test("odd names come literally in names and quoted in SQL", async () => {
    const odd = { schema: 'Od"d. schéma', name: 'Table "x" of.the select' };
    const database = await testDatabase({
      major,
      script: `
        CREATE SCHEMA "Od""d. schéma";
        CREATE TYPE "Od""d. schéma"."Typ e" AS ENUM ('a');
        CREATE TABLE "Od""d. schéma"."Table ""x"" of.the select" (
          "Select" "Od""d. schéma"."Typ e", "ünï ""q" serial, "order" integer CHECK ("order" > 0),
          "${"y".repeat(63)}" integer);
        CREATE INDEX "In dex" ON "Od""d. schéma"."Table ""x"" of.the select" ("ünï ""q");
        CREATE VIEW "Vi ew" AS SELECT "order" FROM "Od""d. schéma"."Table ""x"" of.the select";`,
    });
    const catalog = await catalogOf(database, odd);
    const table = catalog.tables['Od"d. schéma.Table "x" of.the select'];
    expect(table?.columns.map(({ name, type }) => [name, type])).toEqual([
      ["Select", '"Od""d. schéma"."Typ e"'],
      ['ünï "q', "integer"],
      ["order", "integer"],
      ["y".repeat(63), "integer"],
    ]);
    expect(table?.columns[1]?.sequence).toEqual({ schema: odd.schema, name: 'Table "x" of.the select_ünï "q_seq' });
    expect(table?.constraints.filter(({ kind }) => kind === "check")).toMatchObject([
      { name: 'Table "x" of.the select_order_check', columns: ["order"], expression: '("order" > 0)' },
    ]);
    expect(table?.indexes).toMatchObject([{ name: "In dex", columns: ['ünï "q'] }]);
    expect(table?.dependents).toEqual([
      { kind: "view", name: 'public."Vi ew"', evidence: "pg_depend", columns: ["order"] },
    ]);
    expect(catalog.relationNames).toContain('Od"d. schéma.In dex');
  });

  test("reading joins an open transaction, sees its work and gives it its path back", async () => {
    const database = await testDatabase({ major });
    await withSession(database, async (session) => {
      await session.transaction(async () => {
        await session.query("SET LOCAL search_path = public");
        await session.query("CREATE TYPE mood AS ENUM ('ok')");
        await session.query("CREATE TABLE inside (id integer, m mood DEFAULT 'ok')");
        const scope = { tables: [inPublic("inside")], schemas: [], defaultSchema: "public" };
        const question = { ask: "alter", table: inPublic("inside"), action: "ALTER id TYPE bigint" } as const;
        const catalog = await readCatalog(session, { ...scope, questions: [question] });
        expect(catalog.tables["public.inside"]?.columns[1]).toMatchObject({
          type: "public.mood",
          default: "'ok'::public.mood",
        });
        expect(Object.values(catalog.facts)).toEqual([{ rewrite: true, scan: true, reindex: false }]);
        expect((await session.query("SHOW search_path")).rows).toEqual([{ search_path: "public" }]);
      });
    });
  });

  test.skipIf(major < 18)("from 18 on NOT NULL is a constraint with a name, and columns can be virtual", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TABLE t (a integer CONSTRAINT here NOT NULL, b integer, c integer GENERATED ALWAYS AS (a + 1) VIRTUAL,
          CONSTRAINT soft CHECK (b > 0) NOT ENFORCED);
        ALTER TABLE t ADD CONSTRAINT later NOT NULL b NOT VALID;`,
    });
    const { columns, constraints, dependents } = await tableOf(database, inPublic("t"));
    expect(columns).toMatchObject([
      { notNull: true, notNullConstraint: "here", notNullValid: true },
      { notNull: true, notNullConstraint: "later", notNullValid: false },
      { notNull: false, generated: { kind: "virtual", expression: "(a + 1)" }, default: null },
    ]);
    expect(constraints).toMatchObject([
      { name: "here", kind: "not null", definition: "NOT NULL a", columns: ["a"] },
      { name: "later", kind: "not null", definition: "NOT NULL b NOT VALID", columns: ["b"], valid: false },
      { name: "soft", kind: "check", definition: "CHECK ((b > 0)) NOT ENFORCED", valid: false },
    ]);
    expect(dependents).toEqual([
      { kind: "generated column", name: "public.t.c", evidence: "pg_depend", columns: ["a"] },
    ]);
  });

  test.skipIf(pagilaScript() === null)("Pagila is read whole, in a fixed number of queries", async () => {
    const database = await testDatabase({ major, template: { name: "pagila", script: pagilaScript()! } });
    const names = await database.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    );
    const statements: string[] = [];
    const session = await openSession(
      { connectionString: database.url },
      { applicationName: "test", onStatement: ({ sql }) => statements.push(sql) },
    );
    const catalog = await readCatalog(session, {
      tables: names.map(({ name }) => inPublic(name)),
      schemas: ["public"],
      defaultSchema: "public",
      questions: [],
    });
    await session.close();
    expect(Object.keys(catalog.tables).length).toBe(names.length);
    expect(statements.length).toBeLessThan(20);
    const film = catalog.tables["public.film"];
    expect(film?.columns.find(({ name }) => name === "rating")).toMatchObject({
      type: "public.mpaa_rating",
      default: "'G'::public.mpaa_rating",
    });
    expect(film?.triggers.find(({ name }) => name === "film_fulltext_trigger")?.columns).toEqual([
      "title",
      "description",
      "fulltext",
    ]);
    expect(
      film?.dependents.filter(({ kind }) => kind === "view" || kind === "materialized view").map(({ name }) => name),
    ).toEqual(expect.arrayContaining(["public.film_list", "public.nicer_but_slower_film_list"]));
    expect(catalog.tables["public.payment"]?.leaves.length).toBeGreaterThan(0);
  });
});
