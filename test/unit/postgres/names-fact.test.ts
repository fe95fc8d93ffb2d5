import { describe, expect, test } from "vitest";
import { factKey, type Question } from "../../../src/model/catalog.ts";
import { answerQuestions } from "../../../src/postgres/facts.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../../support/postgres.ts";
import { withSession } from "./with-session.ts";

type Names = Partial<Record<"functions" | "operators" | "types", readonly string[]>>;

const named = (names: Names): Question => ({ ask: "names", functions: [], operators: [], types: [], ...names });

async function onAnyPath(database: TestDatabase, all: readonly Names[], before = ""): Promise<boolean[]> {
  const questions = all.map(named);
  const facts = await withSession(database, async (session) => {
    if (before !== "") await session.script(before);
    return answerQuestions(session, questions);
  });
  return questions.map((question) => {
    const fact = facts[factKey(question)]!;
    if (!("anyPath" in fact)) throw new Error(JSON.stringify(fact));
    return fact.anyPath;
  });
}

/** Each of these must make names that mean the same on any path mean it no more. */
async function taken(database: TestDatabase, script: string, ...all: Names[]): Promise<void> {
  expect(await onAnyPath(database, all), "before").toEqual(all.map(() => true));
  await database.query(script);
  expect(await onAnyPath(database, all), script).toEqual(all.map(() => false));
}

const NOTHING: Names = {};

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("the server's own names mean the same on any search_path", async () => {
    const database = await testDatabase({ major });
    const all: Names[] = [
      NOTHING,
      {
        functions: ["lower", "upper", "split_part", "substr", "length", "concat_ws", "btrim", "timezone", "date_trunc"],
      },
      { functions: ["now", "clock_timestamp", "random", "gen_random_uuid", "to_char", "jsonb_build_object", "md5"] },
      { operators: ["=", "<>", "||", "+", "-", "*", "/", "~~", "~~*", "~", ">=", "<=", "->>", "@>", "#>>", "%"] },
      {
        types: [
          "text",
          "int4",
          "int8",
          "numeric",
          "varchar",
          "uuid",
          "date",
          "timestamptz",
          "jsonb",
          "json",
          "int4range",
        ],
      },
    ];
    expect(await onAnyPath(database, all)).toEqual(all.map(() => true));
  });

  test("a name that is not the server's does not, nor one that goes by the path itself", async () => {
    const database = await testDatabase({ major, script: "CREATE TYPE mood AS ENUM ('ok')" });
    const all: Names[] = [
      { functions: ["no_such_function"] },
      { operators: ["<<<>>>"] },
      { types: ["mood"] },
      { types: ["regclass"] },
      { types: ["_regtype"] },
      { types: ["pg_class"] },
      { types: ["sql_identifier"] },
      ...[
        "nextval",
        "to_regclass",
        "pg_get_serial_sequence",
        "current_schema",
        "current_setting",
        "to_tsvector",
        "has_table_privilege",
        "pg_typeof",
        "convert_from",
        "query_to_xml",
      ].map((name) => ({ functions: [name] })),
      { operators: ["@@"] },
    ];
    expect(await onAnyPath(database, all)).toEqual(all.map(() => false));
  });

  test("a function of the same name in any schema takes it, whatever its arguments", async () => {
    const script = "CREATE SCHEMA app; CREATE FUNCTION app.lower(int, int, int) RETURNS int LANGUAGE sql AS 'SELECT 1'";
    const database = await testDatabase({ major });
    await taken(database, script, { functions: ["lower"] }, { functions: ["lower", "upper"] });
    expect(await onAnyPath(database, [NOTHING, { functions: ["upper"] }])).toEqual([true, true]);
  });

  test("so does a procedure, an aggregate, an operator, and a type as the name of a cast", async () => {
    const database = await testDatabase({ major });
    await taken(database, "CREATE PROCEDURE upper(text) LANGUAGE sql AS ''", { functions: ["upper"] });
    await taken(database, "CREATE AGGREGATE md5(text) (SFUNC = textcat, STYPE = text)", { functions: ["md5"] });
    await taken(database, "CREATE TABLE date (a int)", { functions: ["date"] });
    // A type in an expression is taken from pg_catalog by name.
    expect(await onAnyPath(database, [{ types: ["date"] }])).toEqual([true]);
    await taken(
      database,
      `CREATE TYPE pair AS (a int);
       CREATE FUNCTION joined(pair, pair) RETURNS pair LANGUAGE sql AS 'SELECT $1';
       CREATE OPERATOR || (LEFTARG = pair, RIGHTARG = pair, FUNCTION = joined)`,
      { operators: ["||"] },
    );
  });

  test("what somebody puts into pg_catalog is not the server's own", async () => {
    const database = await testDatabase({ major });
    await database.query(
      `SET allow_system_table_mods = on; SET check_function_bodies = off;
       CREATE FUNCTION pg_catalog.mine(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT other($1)'`,
    );
    expect(await onAnyPath(database, [{ functions: ["mine"] }])).toEqual([false]);
  });

  test("an object of the session's own counts", async () => {
    const database = await testDatabase({ major });
    const script = "CREATE FUNCTION pg_temp.lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1'";
    expect(await onAnyPath(database, [{ functions: ["lower"] }], script)).toEqual([false]);
  });

  test("comparisons of a type's own values are taken only by an operator for the server's own types", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TYPE pair AS (a int);
        CREATE FUNCTION never(pair, pair) RETURNS boolean LANGUAGE sql AS 'SELECT false';
        CREATE OPERATOR = (LEFTARG = pair, RIGHTARG = pair, FUNCTION = never);
        CREATE FUNCTION never(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false'`,
    });
    expect(await onAnyPath(database, [{ operators: ["="] }])).toEqual([false]);
    await taken(database, "CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = never)", NOTHING);
  });

  test("and by a cast that makes a value into something of somebody's own, or by a function of somebody's", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TYPE pair AS (a int);
        CREATE FUNCTION paired(varchar) RETURNS pair LANGUAGE sql AS 'SELECT NULL::pair';
        CREATE FUNCTION numbered(boolean) RETURNS smallint LANGUAGE sql AS 'SELECT 1::smallint';
        CREATE CAST (varchar AS pair) WITH FUNCTION paired(varchar)`,
    });
    await taken(database, "CREATE CAST (boolean AS smallint) WITH FUNCTION numbered(boolean)", NOTHING);
    await database.query("DROP CAST (boolean AS smallint); DROP CAST (varchar AS pair)");
    await taken(database, "CREATE CAST (varchar AS pair) WITH FUNCTION paired(varchar) AS IMPLICIT", NOTHING);
  });
});
