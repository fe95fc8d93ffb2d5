import { describe, expect, test } from "vitest";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { inPublic, tableOf } from "./catalog-of.ts";

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a trigger names the columns of UPDATE OF, WHEN and its arguments", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE SCHEMA segue;
        CREATE FUNCTION segue.sync() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TABLE t (a integer, b integer, title text, "Grüße ""x" text, doc tsvector);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER of_when BEFORE UPDATE OF b OR INSERT ON t FOR EACH ROW WHEN (NEW.a > 0) EXECUTE FUNCTION f();
        CREATE TRIGGER args BEFORE INSERT ON t FOR EACH ROW
          EXECUTE FUNCTION tsvector_update_trigger('doc', 'pg_catalog.english', 'title', 'Grüße "x');
        CREATE TRIGGER bare AFTER TRUNCATE OR DELETE ON t EXECUTE FUNCTION f();
        ALTER TABLE t DISABLE TRIGGER bare;
        CREATE TRIGGER zz_segue BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION segue.sync();`,
    });
    const { triggers, dependents } = await tableOf(database, inPublic("t"));
    expect(triggers).toEqual([
      {
        name: "args",
        definition: expect.stringContaining("tsvector_update_trigger('doc',"),
        function: "pg_catalog.tsvector_update_trigger",
        timing: "before",
        row: true,
        events: ["insert"],
        enabled: "origin",
        columns: ["title", 'Grüße "x', "doc"],
        inherited: false,
      },
      {
        name: "bare",
        definition:
          "CREATE TRIGGER bare AFTER DELETE OR TRUNCATE ON public.t FOR EACH STATEMENT EXECUTE FUNCTION public.f()",
        function: "public.f",
        timing: "after",
        row: false,
        events: ["delete", "truncate"],
        enabled: "disabled",
        columns: [],
        inherited: false,
      },
      {
        name: "of_when",
        definition:
          "CREATE TRIGGER of_when BEFORE INSERT OR UPDATE OF b ON public.t FOR EACH ROW WHEN ((new.a > 0)) EXECUTE FUNCTION public.f()",
        function: "public.f",
        timing: "before",
        row: true,
        events: ["insert", "update"],
        enabled: "origin",
        columns: ["a", "b"],
        inherited: false,
      },
    ]);
    expect(dependents).toEqual([
      { kind: "trigger", name: "args on public.t", evidence: "text", columns: ['Grüße "x', "doc", "title"] },
      { kind: "trigger", name: "of_when on public.t", evidence: "pg_depend", columns: ["a", "b"] },
    ]);
  });
});
