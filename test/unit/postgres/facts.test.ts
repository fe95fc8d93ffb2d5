import { describe, expect, test } from "vitest";
import type { Fact, Question } from "../../../src/model/catalog.ts";
import { factKey } from "../../../src/model/catalog.ts";
import { answerQuestions } from "../../../src/postgres/facts.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../../support/postgres.ts";
import { withSession } from "./with-session.ts";

const nothing: Fact = { rewrite: false, scan: false, reindex: false };
const scan: Fact = { rewrite: false, scan: true, reindex: false };
const reindex: Fact = { rewrite: false, scan: true, reindex: true };
const rewrite: Fact = { rewrite: true, scan: true, reindex: false };
const everything: Fact = { rewrite: true, scan: true, reindex: true };

const t = { schema: "public", name: "t" };
const odd = { schema: "public", name: 'Od"d t' };
const partitioned = { schema: "public", name: "p" };

const alter = (action: string, table = t): Question => ({ ask: "alter", table, action });

async function factsOf(database: TestDatabase, questions: readonly Question[], schema?: string): Promise<Fact[]> {
  const facts = await withSession(database, (session) =>
    answerQuestions(session, questions, schema === undefined ? {} : { schema }),
  );
  return questions.map((question) => facts[factKey(question)]!);
}

const SCRIPT = `
  CREATE DOMAIN plain AS integer;
  CREATE DOMAIN positive AS integer NOT NULL CHECK (VALUE > 0);
  CREATE TABLE t (
    a integer, v varchar(50), w varchar(50), n numeric(10,2), i integer, at timestamptz, s text, known integer, unknown integer,
    CONSTRAINT is_known CHECK (known IS NOT NULL));
  CREATE INDEX ON t (i);
  CREATE INDEX ON t (s);
  INSERT INTO t (a, known) SELECT g, g FROM generate_series(1, 10) g;
  ALTER TABLE t ADD CONSTRAINT is_unknown CHECK (unknown IS NOT NULL) NOT VALID;
  CREATE TABLE "Od""d t" ("Co l" integer, v varchar(40));
  CREATE TABLE p (k integer, a integer) PARTITION BY RANGE (k);
  CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (10);`;

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("the server says what an ALTER TABLE does to the rows", async () => {
    const database = await testDatabase({ major, script: SCRIPT });
    const expected: [Question, Fact][] = [
      [alter("ALTER v TYPE varchar(100)"), nothing],
      [alter("ALTER w TYPE text"), nothing],
      [alter("ALTER v TYPE varchar(20)"), everything],
      [alter("ALTER n TYPE numeric(12,2)"), nothing],
      [alter("ALTER i TYPE bigint"), everything],
      [alter("ALTER at TYPE timestamp"), nothing],
      [alter('ALTER s TYPE text COLLATE "C"'), reindex],
      [alter("ALTER a TYPE public.plain"), nothing],
      [alter("ALTER a TYPE public.positive"), everything],
      [alter("ALTER a SET NOT NULL"), scan],
      [alter("ALTER known SET NOT NULL"), nothing],
      [alter("ALTER unknown SET NOT NULL"), scan],
      [alter("ADD COLUMN z integer DEFAULT 1 NOT NULL"), nothing],
      [alter("ADD COLUMN z uuid DEFAULT gen_random_uuid()"), everything],
      [alter("ADD COLUMN z integer GENERATED ALWAYS AS (a + 1) STORED"), everything],
      [alter("ADD CHECK (a > 0)"), scan],
      [alter("ADD UNIQUE (a)"), reindex],
      [alter("DROP COLUMN i"), nothing],
      [alter('ALTER "Co l" TYPE bigint', odd), rewrite],
      // Neither had a TOAST table before: an empty one is no pass over rows.
      [alter("ADD COLUMN z text", odd), nothing],
      [alter("ALTER v TYPE text", odd), nothing],
      [alter("ALTER a TYPE bigint", partitioned), rewrite],
    ];
    const answers = await factsOf(
      database,
      expected.map(([question]) => question),
    );
    expect(expected.map(([question], at) => [question, answers[at]])).toEqual(expected);
  });

  test.skipIf(major < 18)("a NOT NULL that is not validated proves nothing", async () => {
    const database = await testDatabase({ major, script: SCRIPT });
    await database.query("ALTER TABLE t ADD CONSTRAINT nn NOT NULL a NOT VALID");
    expect(await factsOf(database, [alter("ALTER a SET NOT NULL")])).toEqual([scan]);
  });

  test("what the server refuses is an answer, and the next question is answered", async () => {
    const database = await testDatabase({ major, script: SCRIPT });
    const answers = await factsOf(database, [
      alter("ALTER a SET NOT NULL", { schema: "public", name: "missing" }),
      alter("ALTER missing TYPE bigint"),
      alter("ALTER s TYPE integer"),
      alter("ALTER a SET NOT NULL; COMMIT; DROP TABLE t"),
      alter("ALTER a SET NOTHING"),
      alter("ALTER a TYPE bigint"),
    ]);
    expect(answers).toMatchObject([
      { error: 'relation "public.missing" does not exist', sqlstate: "42P01" },
      { sqlstate: "42703" },
      { sqlstate: "42804" },
      { error: "more than one statement", sqlstate: "42601" },
      { sqlstate: "42601" },
      everything,
    ]);
    expect(await database.query("SELECT count(*)::int AS rows FROM t")).toEqual([{ rows: 10 }]);
  });

  test("a type is told as the server writes it", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE SCHEMA "My app";
        CREATE TYPE "My app".mood AS ENUM ('ok');
        CREATE DOMAIN "My app"."Od""d" AS varchar(10) NOT NULL;
        CREATE DOMAIN "My app".above AS "My app"."Od""d";
        CREATE DOMAIN "My app".free AS integer;
        CREATE TYPE mine AS (a integer);`,
    });
    const PLAIN = { constrained: false, collatable: false };
    const expected: Record<string, Fact> = {
      int: { ...PLAIN, type: "integer" },
      "numeric (5, 2)": { ...PLAIN, type: "numeric(5,2)" },
      decimal: { ...PLAIN, type: "numeric" },
      "varchar(40)[]": { ...PLAIN, type: "character varying(40)[]", collatable: true },
      "timestamp(3) with time zone": { ...PLAIN, type: "timestamp(3) with time zone" },
      "interval year to month": { ...PLAIN, type: "interval year to month" },
      "bit(3)": { ...PLAIN, type: "bit(3)" },
      char: { ...PLAIN, type: "character(1)", collatable: true },
      mood: { ...PLAIN, type: '"My app".mood' },
      '"Od""d"': { constrained: true, collatable: true, type: '"My app"."Od""d"' },
      above: { constrained: true, collatable: true, type: '"My app".above' },
      free: { ...PLAIN, type: '"My app".free' },
      mine: { ...PLAIN, type: "public.mine" },
    };
    const types = Object.keys(expected);
    const answers = await factsOf(
      database,
      types.map((type) => ({ ask: "type", type })),
      "My app",
    );
    expect(Object.fromEntries(types.map((type, at) => [type, answers[at]]))).toEqual(expected);
  });

  test("what is no type, or more than a type, is refused and does not run", async () => {
    const database = await testDatabase({ major, script: "CREATE TABLE t (id integer); CREATE SEQUENCE seen" });
    const types = [
      "text; DROP TABLE t",
      "text; COMMIT; DROP TABLE t; --",
      "text AS c, nextval('seen')",
      "text FROM t",
      "text || 'x'",
      'text COLLATE "C"',
      "text::text",
      "text AS c --",
      "setof text",
      "",
      "serial",
      "nonsense",
      "void",
    ];
    const answers = await factsOf(
      database,
      types.map((type) => ({ ask: "type", type })),
    );
    expect(types.filter((_, at) => !("error" in answers[at]!))).toEqual([]);
    expect(answers.at(-3)).toMatchObject({ error: 'type "serial" does not exist', sqlstate: "42704" });
    expect(await database.query("SELECT is_called FROM seen")).toEqual([{ is_called: false }]);
    expect(await database.query("SELECT count(*)::int AS rows FROM t")).toEqual([{ rows: 0 }]);
  });

  test("questions leave nothing behind, and wait for no writer", async () => {
    const database = await testDatabase({ major, script: SCRIPT });
    const writer = await database.connect();
    await writer.query("BEGIN; LOCK TABLE t IN EXCLUSIVE MODE");
    await withSession(database, async (session) => {
      const settings = "SELECT current_setting('client_min_messages') AS level, current_setting('search_path') AS path";
      const before = await session.query(settings);
      await session.transaction(async () => {
        await answerQuestions(session, [alter("ALTER a TYPE bigint"), { ask: "type", type: "plain" }]);
        expect((await session.query(settings)).rows).toEqual(before.rows);
        const held = await session.query(
          "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'public.t'::regclass",
        );
        expect(held.rows).toEqual([]);
      });
      await answerQuestions(session, [alter("ALTER a TYPE bigint")]);
      expect((await session.query(settings)).rows).toEqual(before.rows);
      const left = await session.query("SELECT relname FROM pg_class WHERE relname LIKE 'segue_probe%'");
      expect(left.rows).toEqual([]);
    });
    await writer.query("ROLLBACK");
  });

  test("an action can't reach into the session that asks", async () => {
    const database = await testDatabase({ major, script: SCRIPT });
    await withSession(database, async (session) => {
      const [question]: Question[] = [
        alter("ADD COLUMN z integer CHECK (set_config('lock_timeout', '1ms', true) <> '')"),
      ];
      await answerQuestions(session, [question!]);
      expect((await session.query("SHOW lock_timeout")).rows).toEqual([{ lock_timeout: "10s" }]);
    });
  });
});
