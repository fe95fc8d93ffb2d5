import { beforeAll, describe, expect, test } from "vitest";
import { parseExpression } from "../../../src/sql/expression.ts";
import { ident } from "../../../src/sql/identifier.ts";
import { QUOTED_KEYWORDS } from "../../../src/sql/keywords.ts";
import { dollarQuote, literal } from "../../../src/sql/literal.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { HARMLESS, types } from "./harmless-expressions.ts";
import { IN_TRANSACTION, NOT_IN_TRANSACTION } from "./transactional-statements.ts";

beforeAll(loadParser);

describe.each(MAJORS)("PostgreSQL %i", (major) => {
  test("its keywords that need quotes are all known", async () => {
    const database = await testDatabase({ major });
    const rows = await database.query<{ word: string }>("select word from pg_get_keywords() where catcode <> 'U'");
    expect(rows.map(({ word }) => word).filter((word) => !QUOTED_KEYWORDS.has(word))).toEqual([]);
  });

  test("quote_ident() agrees, and odd names come back from the catalog as they were", async () => {
    const database = await testDatabase({ major });
    const odd = [
      "plain",
      "Mixed",
      "order",
      "a b",
      'q"q',
      "Ünï",
      "🙂",
      "x".repeat(63),
      "é".repeat(31),
      "1a",
      "a$",
      ";--",
      "new",
      "\\",
      "'",
    ];
    const [quoted] = await database.query<{ all: string[] }>(
      "select array(select quote_ident(n) from unnest($1::text[]) n) as all",
      [odd],
    );
    expect(odd.map(ident)).toEqual(quoted?.all);
    await database.query(`create table odd (${odd.map((name) => `${ident(name)} int`).join(", ")})`);
    const rows = await database.query<{ attname: string }>(
      "select attname from pg_attribute where attrelid = 'odd'::regclass and attnum > 0 order by attnum",
    );
    expect(rows.map(({ attname }) => attname)).toEqual(odd);
  });

  test("texts come back as they were, whatever standard_conforming_strings says", async () => {
    const database = await testDatabase({ major });
    const texts = ["", "it's", "C:\\x\\", "\\'", "\n\r\t", "🙂", "$segue$", "x$segue", "\u0001"];
    for (const setting of ["on", "off"]) {
      const client = await database.connect();
      await client.query(
        `set standard_conforming_strings = ${setting}; set backslash_quote = off; set escape_string_warning = off`,
      );
      for (const text of texts) {
        const { rows } = await client.query(`select ${literal(text)} as a, ${dollarQuote(text)} as b`);
        expect(rows).toEqual([{ a: text, b: text }]);
      }
      await client.end();
    }
  });

  test("what can't raise raises for no row", async () => {
    const columns = [...types].map(([name, type]) => `${name} ${type}`).join(", ");
    const database = await testDatabase({
      major,
      script: `create type mood as enum ('a', 'b'); create table users (${columns})`,
    });
    await database.query(`insert into users values
      (null, null, null, null, null, null, null, null),
      ('', '', '', 0, 0, '{}', '{}', 'a'),
      ('🙂é ''\\%_', 'x y', E'\\\\ \\n', 2147483647, 99999999.99, '[-1:0]={x,y}', '[1]', 'b'),
      (repeat('x ', 100000), ' ', repeat(' ', 100000), -2147483648, 'NaN', '{{a,b},{c,d}}', 'null', 'a')`);
    const row = { table: { schema: "public", name: "users" }, columns: [...types.keys()], types };
    for (const text of HARMLESS) {
      const expression = parseExpression(text, row);
      expect({ text, canRaise: expression.canRaise }).toEqual({ text, canRaise: false });
      await database.query(`select ${expression.render("segue_row")} from users segue_row`);
    }
  });

  test("an expression means the same under the row's other names", async () => {
    const database = await testDatabase({
      major,
      script: `
        create table customers (id int, email text);
        insert into customers values (1, 'a'), (2, 'b');
        create table orders (id int, email text, tags text[]);
        insert into orders values (10, 'a', '{x,y}'), (20, 'b', '{z}'), (30, null, '{}');
        create table renamed (order_id int, "E mail" text, "order" text[]);
        insert into renamed select * from orders`,
    });
    const row = { table: { schema: "public", name: "orders" }, columns: ["id", "email", "tags"] };
    const rename = new Map([
      ["id", "order_id"],
      ["email", "E mail"],
      ["tags", "order"],
    ]);
    for (const text of [
      "(select id from customers where email = orders.email) + id",
      "(select max(o.id) from orders o where o.email < orders.email or public.orders.email = 'a')",
      "(select count(*) from orders where orders.id > 10)",
      "(with orders as (select orders.id + 1 as i) select orders.i from orders)",
      "(select string_agg(upper(t), ',') from unnest(orders.tags) t) || '🙂' || email",
      "(select to_json(x)::text from (select orders.id, orders.email as e) x)",
      'tags[1] || case when("id"=10)then"email"else\'é\'end -- done',
    ]) {
      const expression = parseExpression(text, row);
      const rows = await database.query(`select ${text}\n as v from orders order by orders.id`);
      expect(
        await database.query(
          `select ${expression.render("segue_row")} as v from orders segue_row order by segue_row.id`,
        ),
      ).toEqual(rows);
      expect(
        await database.query(
          `select ${expression.render("r r", rename)} as v from renamed "r r" order by "r r".order_id`,
        ),
      ).toEqual(rows);
      expect(await database.query(`select ${expression.render("")} as v from orders order by orders.id`)).toEqual(rows);
    }
  });

  test("agrees on what can't be in a transaction block", async () => {
    const database = await testDatabase({
      major,
      script: `
        create schema s; create table t (a int) partition by range (a); create table p partition of t for values from (0) to (9);
        create table u (a int); create index i on u (a); create type e as enum ('a')`,
    });
    const client = await database.connect();
    const insideTransaction = async (sql: string): Promise<string> => {
      await client.query("begin");
      const refused = await client.query(sql).then(
        () => "taken",
        ({ code }: { code: string }) => code,
      );
      await client.query("rollback");
      return refused === "25001" ? "refused" : "taken";
    };
    // A subscription must exist before its commands come as far as this refusal.
    const answerable = (sql: string): boolean => !/^(alter|drop) subscription/.test(sql);
    for (const sql of NOT_IN_TRANSACTION.filter(answerable))
      expect([sql, await insideTransaction(sql)]).toEqual([sql, "refused"]);
    for (const sql of IN_TRANSACTION.filter(answerable))
      expect([sql, await insideTransaction(sql)]).toEqual([sql, "taken"]);
  });
});
