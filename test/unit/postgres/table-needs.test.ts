import { describe, expect, test } from "vitest";
import { findTableNeeds } from "../../../src/postgres/table-needs.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { tableOf } from "./catalog-of.ts";
import { withSession } from "./with-session.ts";

const inPublic = (name: string) => ({ schema: "public", name });

/** A table with everything that may be its own, and what goes with it. */
const OWN = `
  CREATE TABLE t (id serial PRIMARY KEY, i int GENERATED ALWAYS AS IDENTITY, self int REFERENCES t, b int CHECK (b > 0),
    g int GENERATED ALWAYS AS (b + 1) STORED);
  CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
  CREATE TRIGGER tr BEFORE UPDATE OF b ON t FOR EACH ROW WHEN (new.b > 0) EXECUTE FUNCTION trg();
  CREATE POLICY own ON t USING (EXISTS (SELECT FROM t AS other WHERE other.id = t.b));
  CREATE RULE own_rule AS ON DELETE TO t WHERE old.b = 3 DO ALSO SELECT 1;
  CREATE INDEX ON t ((b + 1));
  CREATE UNIQUE INDEX b_once ON t (b);
  CREATE STATISTICS s ON id, b FROM t;`;

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("what is a table's own is no need of it", async () => {
    const database = await testDatabase({ major, script: OWN });
    expect(await withSession(database, (session) => findTableNeeds(session, inPublic("t")))).toEqual([]);
    expect(await withSession(database, (session) => findTableNeeds(session, inPublic("none")))).toEqual([]);
  });

  test("whatever makes the server refuse to drop a table is found, and nothing else", async () => {
    const database = await testDatabase({
      major,
      script: `${OWN}
        CREATE TABLE o (t_id int REFERENCES t, u int REFERENCES t (b), n int DEFAULT nextval('t_id_seq'), r t, rs t[]);
        CREATE TABLE po (t_id int REFERENCES t, k int) PARTITION BY LIST (k);
        CREATE TABLE po1 PARTITION OF po FOR VALUES IN (1);
        CREATE TABLE o2 (a int);
        CREATE POLICY p ON o2 USING (EXISTS (SELECT FROM t WHERE t.id = a));
        CREATE RULE r AS ON INSERT TO o2 DO ALSO INSERT INTO t (b) VALUES (1);
        CREATE VIEW v AS SELECT * FROM t;
        CREATE VIEW above AS SELECT * FROM v;
        CREATE MATERIALIZED VIEW mv AS SELECT count(*) FROM t;
        CREATE VIEW typed AS SELECT NULL::t AS r;
        CREATE VIEW of_sequence AS SELECT last_value FROM t_id_seq;
        CREATE FUNCTION takes(t, integer) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION body() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM t; END;
        CREATE TABLE kid () INHERITS (t);
        CREATE TYPE comp AS (a t);
        CREATE DOMAIN d AS t CHECK (value IS NOT NULL);`,
    });
    const found = await withSession(database, (session) => findTableNeeds(session, inPublic("t")));
    expect(found.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "composite type column public.comp.a",
      "default value for public.kid.id",
      "default value for public.o.n",
      "foreign key o_t_id_fkey on public.o",
      "foreign key o_u_fkey on public.o",
      "foreign key po_t_id_fkey on public.po",
      "function public.body()",
      "function public.takes(public.t,integer)",
      "materialized view public.mv",
      "policy p on public.o2",
      "rule r on public.o2",
      "table public.kid",
      "table column public.o.r",
      "table column public.o.rs",
      "type public.d",
      "view public.of_sequence",
      "view public.typed",
      "view public.v",
      "view column public.typed.r",
    ]);
    expect(found.every(({ evidence }) => evidence === "pg_depend")).toBe(true);
    expect(found.find(({ name }) => name === "p on public.o2")?.on).toEqual(inPublic("o2"));
    // The server does not name parts of what it names: the child's own default, the view's own column.
    const detail = await database.query("DROP TABLE t").then(
      () => "",
      (error: { detail: string }) => error.detail,
    );
    expect(detail.split("\n").filter((line) => !line.endsWith("on view v"))).toHaveLength(found.length - 2);
  });

  test("what would go without a word is found too: publications, triggers of others, mentions in functions", async () => {
    const database = await testDatabase({
      major,
      script: `${OWN}
        CREATE TABLE other (a int);
        CREATE CONSTRAINT TRIGGER from_t AFTER INSERT ON other FROM t FOR EACH ROW EXECUTE FUNCTION trg();
        CREATE PUBLICATION one FOR TABLE t;
        CREATE PUBLICATION every FOR ALL TABLES;
        CREATE TABLE parts (k int) PARTITION BY LIST (k);
        CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1);
        CREATE FUNCTION deletes() RETURNS void LANGUAGE plpgsql AS 'BEGIN DELETE FROM t; END';
        CREATE FUNCTION speaks() RETURNS text LANGUAGE sql AS $$ SELECT 'nothing' /* of t */ $$;
        CREATE FUNCTION of_part() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM Part_1';
        CREATE FUNCTION of_both() RETURNS text LANGUAGE sql AS $$ SELECT 'parts, part_1' $$;`,
    });
    const text = (name: string, ...names: string[]) => ({ kind: "function", name, on: null, evidence: "text", names });
    const certain = (kind: string, name: string, on: unknown) => ({ kind, name, on, evidence: "pg_depend", names: [] });
    expect(await withSession(database, (session) => findTableNeeds(session, inPublic("t")))).toEqual([
      certain("publication", "one", null),
      certain("trigger", "from_t on public.other", inPublic("other")),
      text("public.deletes()", "t"),
    ]);
    expect(await withSession(database, (session) => findTableNeeds(session, inPublic("parts")))).toEqual([
      text("public.of_both()", "parts", "part_1"),
      text("public.of_part()", "part_1"),
    ]);
    const { needs, published } = await tableOf(database, inPublic("t"));
    expect(needs?.map(({ name }) => name)).toEqual(["one", "from_t on public.other", "public.deletes()"]);
    expect(published).toEqual(["every", "one"]);
  });

  test("a table of an extension is told", async () => {
    const database = await testDatabase({
      major,
      script:
        "CREATE EXTENSION pg_stat_statements; CREATE TABLE t (id int); ALTER EXTENSION pg_stat_statements ADD TABLE t",
    });
    expect(await withSession(database, (session) => findTableNeeds(session, inPublic("t")))).toMatchObject([
      { kind: "extension", name: "pg_stat_statements" },
    ]);
  });

  test("the rights on a table are read with those of its owner", async () => {
    const database = await testDatabase({
      major,
      script: `CREATE TABLE plain (id int); CREATE TABLE t (id int);
        GRANT SELECT ON t TO PUBLIC; GRANT UPDATE ON t TO pg_monitor WITH GRANT OPTION; REVOKE DELETE ON t FROM CURRENT_USER;`,
    });
    const plain = await tableOf(database, inPublic("plain"));
    const all = [
      "DELETE",
      "INSERT",
      ...(major >= 17 ? ["MAINTAIN"] : []),
      "REFERENCES",
      "SELECT",
      "TRIGGER",
      "TRUNCATE",
      "UPDATE",
    ];
    const owners = (privilege: string) => ({ grantee: plain.owner, privilege, grantable: false });
    expect(plain.grants).toEqual(all.map(owners));
    expect((await tableOf(database, inPublic("t"))).grants).toEqual([
      { grantee: "PUBLIC", privilege: "SELECT", grantable: false },
      { grantee: "pg_monitor", privilege: "UPDATE", grantable: true },
      ...all.filter((privilege) => privilege !== "DELETE").map(owners),
    ]);
  });
});
