import { describe, expect, test } from "vitest";
import type { Dependent } from "../../../src/model/catalog.ts";
import { VERSION_MARK } from "../../../src/model/versioned.ts";
import { findDependents } from "../../../src/postgres/dependents.ts";
import { pagilaScript } from "../../support/pagila.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../../support/postgres.ts";
import { withSession } from "./with-session.ts";

const inPublic = (name: string) => ({ schema: "public", name });

async function dependentsOf(database: TestDatabase, name: string): Promise<Dependent[]> {
  const found = await withSession(database, (session) => findDependents(session, inPublic(name)));
  return found.toSorted((a, b) => (`${a.kind} ${a.name}` < `${b.kind} ${b.name}` ? -1 : 1));
}

const certain = (kind: Dependent["kind"], name: string, ...columns: string[]): Dependent => ({
  kind,
  name,
  columns,
  evidence: "pg_depend",
});
const byText = (name: string, ...columns: string[]): Dependent => ({
  kind: "function",
  name,
  columns,
  evidence: "text",
});

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("views and rules name the columns that they read", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TABLE t (a integer, b integer, c integer);
        CREATE TABLE log (a integer);
        CREATE VIEW reads_b AS SELECT b FROM t;
        CREATE VIEW counts AS SELECT count(*) FROM t;
        CREATE VIEW above AS SELECT b FROM reads_b;
        CREATE MATERIALIZED VIEW stored AS SELECT 1 FROM t WHERE a > c;
        CREATE RULE own AS ON UPDATE TO t WHERE NEW.c > 0 DO ALSO INSERT INTO log VALUES (OLD.a);
        CREATE RULE other AS ON INSERT TO log DO ALSO UPDATE t SET b = NEW.a;
        CREATE SCHEMA segue;
        CREATE VIEW segue.hidden AS SELECT a FROM t;`,
    });
    expect(await dependentsOf(database, "t")).toEqual([
      certain("materialized view", "public.stored", "a", "c"),
      certain("rule", "other on public.log", "b"),
      certain("rule", "own on public.t", "a", "c"),
      certain("view", "public.counts"),
      certain("view", "public.reads_b", "b"),
    ]);
    expect(await dependentsOf(database, "reads_b")).toEqual([certain("view", "public.above", "b")]);
    expect(await dependentsOf(database, "missing")).toEqual([]);
  });

  test("a view that can't be made to read another column says why", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TABLE t (a integer, b integer);
        CREATE TABLE u (x integer, y integer);
        CREATE SCHEMA closed;
        CREATE SCHEMA public_1;
        COMMENT ON SCHEMA public_1 IS '${VERSION_MARK}public';
        CREATE VIEW plain AS SELECT t.b, w.a FROM t, u AS w (a, c), (SELECT 1) AS s (a);
        CREATE VIEW positions AS SELECT c FROM t AS w (c, d);
        CREATE VIEW positions_of_join AS SELECT c FROM (t CROSS JOIN u) AS j (c, d);
        CREATE VIEW positions_unread AS SELECT 1 FROM t AS w (c, d);
        CREATE VIEW public_1.t AS SELECT a FROM t;
        CREATE VIEW theirs AS SELECT a FROM t;
        CREATE VIEW closed.shut AS SELECT a FROM t`,
    });
    const temporary = await database.connect();
    await temporary.query("CREATE TEMP VIEW mine AS SELECT a FROM t");
    const [row] = await database.query<{ us: string }>("SELECT current_user AS us");
    const stranger = `stranger_${database.name}`;
    await database.query(`CREATE ROLE ${stranger}`);
    try {
      await database.query(`ALTER VIEW theirs OWNER TO ${stranger}; ALTER VIEW closed.shut OWNER TO ${stranger};
        GRANT CREATE ON SCHEMA public TO ${stranger}; CREATE ROLE ${stranger}_2; GRANT CREATE ON SCHEMA public, public_1 TO ${stranger}_2`);
      const obstacles = async (role: string): Promise<Record<string, string | undefined>> =>
        await withSession(database, async (session) => {
          await session.query(`SET ROLE ${role}`);
          const found = await findDependents(session, inPublic("t"));
          return Object.fromEntries(
            found.map(({ name, obstacle }) => [name.replace(/pg_temp_\d+/, "pg_temp"), obstacle] as const),
          );
        });
      const position = "it gives the columns of the table other names by their position";
      const temporal = "it is a temporary view, which only its own session can replace";
      const versioned = "it is in the schema of a version, which only a plan with `views: true` replaces";
      const owned = (by: string): string =>
        `only its owner ${by} can make it read another column: give it to this role, or this role membership of that one`;
      expect(await obstacles(row?.us ?? "")).toEqual({
        "closed.shut": undefined,
        "pg_temp.mine": temporal,
        "public.plain": undefined,
        "public.positions": position,
        "public.positions_of_join": position,
        "public.positions_unread": undefined,
        "public.theirs": undefined,
        "public_1.t": versioned,
      });
      expect(await obstacles(stranger)).toMatchObject({
        "closed.shut": "to make it read another column this role needs CREATE on schema closed",
        "public.plain": owned(row?.us ?? ""),
        "public.theirs": undefined,
      });
    } finally {
      await database.query(`DROP OWNED BY ${stranger}, ${stranger}_2; DROP ROLE ${stranger}, ${stranger}_2`);
    }
  });

  test("columns that hold rows of the table name all of its columns", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TABLE t (a integer, gone integer, b integer);
        ALTER TABLE t DROP gone;
        CREATE DOMAIN rows AS t[];
        CREATE TABLE "History" (id integer, old t);
        CREATE TABLE lists (list rows);
        CREATE TYPE nested AS (one t);
        CREATE MATERIALIZED VIEW stored AS SELECT t AS row FROM t;`,
    });
    expect(await dependentsOf(database, "t")).toEqual([
      certain("column", 'public."History".old', "a", "b"),
      certain("column", "public.lists.list", "a", "b"),
      certain("column", "public.nested.one", "a", "b"),
      certain("column", 'public.stored."row"', "a", "b"),
      certain("materialized view", "public.stored"),
    ]);
  });

  test("functions over the table's rows name it by the type of a parameter or result", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TABLE t (a integer, b integer);
        CREATE FUNCTION one(r t) RETURNS integer LANGUAGE sql AS 'SELECT r.a';
        CREATE FUNCTION many(t[]) RETURNS integer LANGUAGE sql AS 'SELECT $1[1].b';
        CREATE FUNCTION nothing(r t) RETURNS integer LANGUAGE sql AS 'SELECT 1';`,
    });
    expect((await dependentsOf(database, "t")).filter(({ evidence }) => evidence === "text")).toEqual([
      byText("public.many(public.t[])", "b"),
      byText("public.one(public.t)", "a"),
    ]);
  });

  test("policies, generated columns, foreign keys and publications name columns", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TABLE t (a integer, b integer, c integer, owner text, PRIMARY KEY (b, a),
          g integer GENERATED ALWAYS AS (a + c) STORED, self_a integer, self_b integer, FOREIGN KEY (self_b, self_a) REFERENCES t);
        CREATE TABLE u (x integer, y integer, CONSTRAINT "F k" FOREIGN KEY (x, y) REFERENCES t (b, a));
        CREATE POLICY own ON t USING (owner = current_user);
        CREATE POLICY all_rows ON t USING (true);
        CREATE POLICY via ON u USING (EXISTS (SELECT FROM t WHERE t.c = u.x));
        CREATE PUBLICATION everything FOR ALL TABLES;
        CREATE PUBLICATION "P ub" FOR TABLE t;`,
    });
    if (major >= 15) await database.query('ALTER PUBLICATION "P ub" SET TABLE t (a, b) WHERE (a > 1)');
    expect(await dependentsOf(database, "t")).toEqual([
      certain("foreign key", '"F k" on public.u', "a", "b"),
      certain("generated column", "public.t.g", "a", "c"),
      certain("policy", "all_rows on public.t"),
      certain("policy", "own on public.t", "owner"),
      certain("policy", "via on public.u", "c"),
      certain("publication", '"P ub"', ...(major >= 15 ? ["a", "b"] : [])),
    ]);
  });

  test("functions are found by what their bodies name, and atomic bodies by pg_depend", async () => {
    const database = await testDatabase({
      major,
      script: `
        SET check_function_bodies = off;
        CREATE TABLE users (id integer, username text, "Ma il" text, total integer);
        CREATE FUNCTION two() RETURNS integer LANGUAGE sql AS 'SELECT count(USERNAME) FROM Users';
        CREATE FUNCTION table_only() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM users';
        CREATE FUNCTION column_only() RETURNS text LANGUAGE sql AS 'SELECT username FROM elsewhere';
        CREATE FUNCTION longer() RETURNS text LANGUAGE sql AS 'SELECT usernames FROM users_old, superusers';
        CREATE FUNCTION comment() RETURNS integer LANGUAGE sql AS $$ SELECT 1 -- users.username
          /* users.username */ $$;
        CREATE FUNCTION quoted(integer) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT "Ma il" FROM users); END $$;
        CREATE FUNCTION dynamic() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'UPDATE users SET total = 0'; EXECUTE format('x %I', 'Ma il'); END $$;
        CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.total := 1; RETURN NEW; END';
        CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION trg();
        CREATE FUNCTION takes(users) RETURNS integer LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION atomic() RETURNS text BEGIN ATOMIC SELECT username FROM users; END;
        CREATE SCHEMA segue;
        CREATE FUNCTION segue.sync() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM username FROM users; RETURN NEW; END';
        CREATE EXTENSION btree_gist;`,
    });
    expect(await dependentsOf(database, "users")).toEqual([
      certain("function", "public.atomic()", "username"),
      byText("public.dynamic()", "Ma il", "total"),
      byText("public.quoted(integer)", "Ma il"),
      certain("function", "public.takes(public.users)"),
      byText("public.trg()", "total"),
      byText("public.two()", "username"),
    ]);
  });

  test("what hangs on a partition hangs on the table", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TABLE p (k integer, a integer) PARTITION BY RANGE (k);
        CREATE TABLE p_1 (gone integer, a integer, k integer);
        ALTER TABLE p_1 DROP gone;
        ALTER TABLE p ATTACH PARTITION p_1 FOR VALUES FROM (0) TO (10);
        CREATE VIEW of_leaf AS SELECT a FROM p_1;
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER cloned AFTER UPDATE OF a ON p FOR EACH ROW EXECUTE FUNCTION f();
        CREATE TRIGGER alone AFTER UPDATE OF a ON p_1 FOR EACH ROW EXECUTE FUNCTION f();`,
    });
    expect(await dependentsOf(database, "p")).toEqual([
      certain("trigger", "alone on public.p_1", "a"),
      certain("trigger", "cloned on public.p", "a"),
      certain("view", "public.of_leaf", "a"),
    ]);
  });

  test.skipIf(pagilaScript() === null)("Pagila's dependents of a column are complete", async () => {
    const database = await testDatabase({ major, template: { name: "pagila", script: pagilaScript()! } });
    const ofRate = (await dependentsOf(database, "film")).filter(({ columns }) => columns.includes("rental_rate"));
    expect(ofRate.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "function public.get_customer_balance(integer,timestamp without time zone)",
      "generated column public.film.revenue_projection",
      "materialized view public.nicer_but_slower_film_list",
      "view public.family_films",
      "view public.film_list",
    ]);
  });
});
