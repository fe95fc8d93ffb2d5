import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { SegueError } from "../../../src/model/errors.ts";
import { parseExpression, scalarToSql } from "../../../src/sql/expression.ts";
import { ident } from "../../../src/sql/identifier.ts";
import { loadParser, parse } from "../../../src/sql/parser.ts";
import { names } from "./names.ts";

beforeAll(loadParser);

const LONG = "x".repeat(63);
const ORDERS = {
  table: { schema: "public", name: "orders" },
  columns: ["id", "email", "total", "tags", "address", "user", "Ünï", "Mixed Case", LONG, "point", "timestamp"],
};
const over = (text: string): ReturnType<typeof parseExpression> => parseExpression(text, ORDERS);
const rename = new Map([
  ["email", "E mail"],
  ["id", "order_id"],
]);

/** The error's message and the text from its place on. */
function refusal(text: string): readonly [string, string] {
  try {
    over(text);
  } catch (error) {
    if (!(error instanceof SegueError) || error.code !== "SEG0004") throw error;
    return [error.message, text.slice(Number(error.detail?.["offset"]))];
  }
  throw new Error(`taken: ${text}`);
}

describe("columns of the row", () => {
  test.each([
    ["lower(email)", "lower(NEW.email)", ["email"]],
    ["EMAIL", "NEW.email", ["email"]],
    ["orders.email || public.orders.id", "NEW.email || NEW.id", ["email", "id"]],
    ["'é🙂' || email || '🙂é' || id", "'é🙂' || NEW.email || '🙂é' || NEW.id", ["email", "id"]],
    [`"Ünï" + "Mixed Case"`, `NEW."Ünï" + NEW."Mixed Case"`, ["Ünï", "Mixed Case"]],
    [`U&"\\00dcn\\00ef"`, `NEW."Ünï"`, ["Ünï"]],
    [`U&"!00dcn!00ef" UESCAPE '!' || id`, `NEW."Ünï" || NEW.id`, ["Ünï", "id"]],
    [`"orders" /* . */ . -- x\n "email"`, "NEW.email", ["email"]],
    [LONG, `NEW.${LONG}`, [LONG]],
    [`"user" || user`, `NEW."user" || user`, ["user"]],
    ["current_date", "current_date", []],
    ["now()", "now()", []],
    ["tags[1] || tags[id : 2]", "NEW.tags[1] || NEW.tags[NEW.id : 2]", ["tags", "id"]],
    ["(address).city", "(NEW.address).city", ["address"]],
    ["(orders.address).city.code", "(NEW.address).city.code", ["address"]],
    ["id::text::varchar(3)", "NEW.id::text::varchar(3)", ["id"]],
    ["address::geometry(point, 4326)", "NEW.address::geometry(point, 4326)", ["address"]],
    ["timestamp '2020-01-01'", "timestamp '2020-01-01'", []],
    [`"timestamp" at time zone 'utc'`, `NEW."timestamp" at time zone 'utc'`, ["timestamp"]],
    ["timestamp", `NEW."timestamp"`, ["timestamp"]],
    ["email collate \"C\" like 'a%'", "NEW.email collate \"C\" like 'a%'", ["email"]],
    ["CASE id WHEN 1 THEN email ELSE 'x' END", "CASE NEW.id WHEN 1 THEN NEW.email ELSE 'x' END", ["id", "email"]],
    ["coalesce(email, 'e''mail')", "coalesce(NEW.email, 'e''mail')", ["email"]],
    [
      "id IN (1, total) AND id BETWEEN 1 AND total",
      "NEW.id IN (1, NEW.total) AND NEW.id BETWEEN 1 AND NEW.total",
      ["id", "total"],
    ],
    ["ROW(id, email) = (1, 'x')", "ROW(NEW.id, NEW.email) = (1, 'x')", ["id", "email"]],
    ["position(email in tags[1])", "position(NEW.email in NEW.tags[1])", ["email", "tags"]],
    ["f(email => email)", "f(email => NEW.email)", ["email"]],
    ["email = any(tags)", "NEW.email = any(NEW.tags)", ["email", "tags"]],
    ["array[id, total]", "array[NEW.id, NEW.total]", ["id", "total"]],
    [
      "$$email$$ || 'email' /* email */ || email -- email",
      "$$email$$ || 'email' /* email */ || NEW.email -- email\n",
      ["email"],
    ],
    ["'a\u0001' || email", "'a\u0001' || NEW.email", ["email"]],
  ])("%s", (text, rendered, columns) => {
    const expression = over(text);
    expect(expression.text).toBe(text);
    expect(expression.render("NEW")).toBe(rendered);
    expect(expression.columns).toEqual(columns);
  });

  test("a table whose name is one of its columns is read as the column", () => {
    const row = { table: { schema: "s", name: "tag" }, columns: ["tag"] };
    expect(parseExpression("tag || tag.tag", row).render("NEW")).toBe("NEW.tag || NEW.tag");
  });
});

describe("render", () => {
  test("puts the row's name and the columns' new names in", () => {
    const expression = over("email || orders.id || total");
    expect(expression.render("segue_row", rename)).toBe('segue_row."E mail" || segue_row.order_id || segue_row.total');
    expect(expression.render("OLD", rename)).toBe('OLD."E mail" || OLD.order_id || OLD.total');
    expect(expression.render("", rename)).toBe('"E mail" || order_id || total');
    expect(expression.render("Odd row")).toBe('"Odd row".email || "Odd row".id || "Odd row".total');
  });

  test("names that lose or gain quotes do not grow together with what stands beside them", () => {
    expect(over('NOT"email"IS NULL').render("")).toBe("NOT email IS NULL");
    expect(over('NOT"email"IS NULL').render("NEW")).toBe("NOT NEW.email IS NULL");
    expect(
      over("id&email").render(
        "",
        new Map([
          ["id", "u"],
          ["email", "E"],
        ]),
      ),
    ).toBe('u& "E"');
  });

  test("what names an output column or an element goes on being named so", () => {
    const renamed = new Map([["id", "order_id"]]);
    expect(over("xmlforest(id, email)").render("NEW", renamed)).toBe("xmlforest(NEW.order_id AS id, NEW.email)");
    expect(over("(select to_json(x) from (select orders.id) x)").render("NEW", renamed)).toBe(
      "(select to_json(x) from (select NEW.order_id AS id) x)",
    );
  });

  test("with no renaming gives the same tree", () => {
    const atoms = fc.constantFrom(
      "id",
      '"email"',
      "orders.total",
      "public.orders.id",
      "'é🙂'",
      "1",
      "tags[1]",
      "(address).city",
      "$a$id$a$",
      "/* 🙂 */ id",
      '"Ünï"',
      "(select c.id from c where c.email = orders.email)",
      "NULL",
      "e'\\''",
    );
    const { text } = fc.letrec((tie) => ({
      text: fc.oneof(
        { maxDepth: 4 },
        atoms,
        fc
          .tuple(tie("text"), fc.constantFrom(" || ", "+", " = ", " is distinct from ", " -- x\n + "), tie("text"))
          .map((all) => `(${all.join("")})`),
        tie("text").map((one) => `lower(${String(one)})`),
        tie("text").map((one) => `case when(${String(one)})is null then"email"end`),
        tie("text").map((one) => `coalesce( ${String(one)},'x' )::text`),
      ),
    }));
    fc.assert(
      fc.property(text, (sql) => {
        const bare = over(over(sql).render(""));
        expect(bare.columns).toEqual(over(sql).columns);
        expect(tree(over(sql).render("orders"))).toEqual(tree(bare.render("orders")));
        expect(over(bare.render("orders")).render("NEW")).toBe(bare.render("NEW"));
      }),
    );
  });

  test("any name of a column is found and replaced by any other", () => {
    fc.assert(
      fc.property(names, names, (name, other) => {
        const row = { table: { schema: "s", name: "t" }, columns: [name] };
        const expression = parseExpression(`'🙂'||t.${ident(name)}||''`, row);
        expect(expression.columns).toEqual([name]);
        expect(expression.render("NEW", new Map([[name, other]]))).toBe(`'🙂'||NEW.${ident(other)}||''`);
      }),
    );
  });
});

/** The parse tree without places. */
function tree(sql: string): unknown {
  const { statements } = parse(`SELECT ${sql}`);
  return JSON.parse(
    JSON.stringify(statements?.[0]?.node, (key, value: unknown) =>
      /location|_start|_end/.test(key) ? undefined : value,
    ),
  );
}

describe("sub-selects", () => {
  test.each([
    // [text, over NEW, over bare columns; both with email renamed]
    [
      "(select c.id from customers c where c.email = orders.email)",
      '(select c.id from customers c where c.email = NEW."E mail")',
      '(select c.id from customers c where c.email = orders."E mail")',
    ],
    [
      "(select id from customers where email = public.orders.email) + id",
      '(select id from customers where email = NEW."E mail") + NEW.order_id',
      '(select id from customers where email = public.orders."E mail") + order_id',
    ],
    [
      "(select max(orders.id) from orders)",
      "(select max(orders.id) from orders)",
      "(select max(orders.id) from orders)",
    ],
    [
      "(select x.id from a as orders, x where orders.id = 1)",
      "(select x.id from a as orders, x where orders.id = 1)",
      "(select x.id from a as orders, x where orders.id = 1)",
    ],
    [
      "exists (select from orders o where o.email = orders.email)",
      'exists (select from orders o where o.email = NEW."E mail")',
      'exists (select from orders o where o.email = orders."E mail")',
    ],
    [
      "(select 1 from other.orders where public.orders.id = orders.id)",
      "(select 1 from other.orders where NEW.order_id = orders.id)",
      "(select 1 from other.orders where public.orders.order_id = orders.id)",
    ],
    [
      "(with orders as (select orders.id as i) select orders.i from orders)",
      "(with orders as (select NEW.order_id as i) select orders.i from orders)",
      "(with orders as (select orders.order_id as i) select orders.i from orders)",
    ],
    [
      "(select 1 from a join (orders join b using (k)) on true where orders.id = 1 and exists (select orders.id))",
      "(select 1 from a join (orders join b using (k)) on true where orders.id = 1 and exists (select orders.id))",
      "(select 1 from a join (orders join b using (k)) on true where orders.id = 1 and exists (select orders.id))",
    ],
    [
      "array(select x from unnest(orders.tags) x)",
      "array(select x from unnest(NEW.tags) x)",
      "array(select x from unnest(orders.tags) x)",
    ],
    [
      "(select orders.id from orders union select orders.id)",
      "(select orders.id from orders union select NEW.order_id AS id)",
      "(select orders.id from orders union select orders.order_id AS id)",
    ],
    [
      "email in (select e from x where x.o = orders.id order by (select orders.id) limit 1)",
      'NEW."E mail" in (select e from x where x.o = NEW.order_id order by (select NEW.order_id AS id) limit 1)',
      '"E mail" in (select e from x where x.o = orders.order_id order by (select orders.order_id AS id) limit 1)',
    ],
    [
      "(select count(*) from x where x.o = orders.id)",
      "(select count(*) from x where x.o = NEW.order_id)",
      "(select count(*) from x where x.o = orders.order_id)",
    ],
    [
      "(select id from unnest(array[1]) id)",
      "(select id from unnest(array[1]) id)",
      "(select id from unnest(array[1]) id)",
    ],
  ])("%s", (text, overNew, bare) => {
    expect(over(text).render("NEW", rename)).toBe(overNew);
    expect(over(text).render("", rename)).toBe(bare);
  });

  test("columns count where the row is named, not where a bare name stands", () => {
    expect(over("(select id from c where c.email = orders.email)").columns).toEqual(["email"]);
    expect(over("(select email from orders)").columns).toEqual([]);
  });

  test("a bare name that can only be the row's is asked to name the table", () => {
    expect(refusal("array(select upper(x) from unnest(tags) x)")).toEqual([
      "in a sub-select the row's columns are named by its table: orders.tags",
      "tags) x)",
    ]);
    expect(refusal("(select lower(email))")[0]).toBe(
      "in a sub-select the row's columns are named by its table: orders.email",
    );
  });

  test("an alias like the row's own name can't be rendered", () => {
    const expression = over("(select new.x from c new where new.e = orders.email)");
    expect(expression.render("segue_row")).toBe("(select new.x from c new where new.e = segue_row.email)");
    expect(() => expression.render("NEW")).toThrow("a FROM item can't be named NEW");
  });
});

describe("refusals", () => {
  test.each([
    ["", "an expression is expected, and nothing stands here", ""],
    [" -- nothing", "an expression is expected, and nothing stands here", " -- nothing"],
    ["'é🙂' || , email", 'syntax error at or near ","', ", email"],
    ["email ||", "syntax error at end of input", ""],
    ["lower(email", "syntax error at end of input", ""],
    ["lower(email))", 'syntax error at or near ")"', ")"],
    ["email) || (email", 'syntax error at or near ")"', ") || (email"],
    ["'🙂", 'unterminated quoted string at or near "\'🙂\n"', "'🙂"],
    ["email, id", "one expression is expected, not a list", "id"],
    ["'🙂', id", "one expression is expected, not a list", "id"],
    ["email;", 'syntax error at or near ";"', ";"],
    ["email; drop table orders", 'syntax error at or near ";"', "; drop table orders"],
    ["email from orders", 'syntax error at or near "from"', "from orders"],
    ["email as e", 'syntax error at or near "as"', "as e"],
    ["email e", 'syntax error at or near "e"', "e"],
    ["distinct email", 'syntax error at or near "distinct"', "distinct email"],
    ["all email", 'syntax error at or near "all"', "all email"],
    ["from orders", 'syntax error at or near "from"', "from orders"],
    ["1 union select 2", 'syntax error at or near "union"', "union select 2"],
    ["1 order by 1", 'syntax error at or near "order"', "order by 1"],
    ["1 into x", 'syntax error at or near "into"', "into x"],
    [" select 1", "an expression is expected, not a statement; a sub-select goes in parentheses", "select 1"],
    [
      "delete from orders",
      "an expression is expected, not a statement; a sub-select goes in parentheses",
      "delete from orders",
    ],
    [
      "(with d as (delete from x returning 1) select 1)",
      "an expression can't write to a table",
      "x returning 1) select 1)",
    ],
    ["(select 1 into x)", "an expression can't write to a table", "x)"],
    ["email || $1", "an expression takes no parameters", "$1"],
    ["(select $1)", "an expression takes no parameters", "$1)"],
    ["default", "DEFAULT is no expression; write the value", "default"],
    ["*", 'syntax error at or near "*"', "*"],
    ["orders", "name the columns of public.orders: the row as a whole changes with every new column", "orders"],
    [
      "to_json(orders)",
      "name the columns of public.orders: the row as a whole changes with every new column",
      "orders)",
    ],
    [
      "row(orders.*)",
      "name the columns of public.orders: the row as a whole changes with every new column",
      "orders.*)",
    ],
    [
      "(select to_json(x) from (select orders.*) x)",
      "name the columns of public.orders: the row as a whole changes with every new column",
      "orders.*) x)",
    ],
    ["(address).*", "an expression has one value: name the field instead of *", "address).*"],
    ["max(id)", "an expression over one row has nothing to aggregate", "max(id)"],
    ["count(*)", "an expression over one row has nothing to aggregate", "count(*)"],
    ["my_agg(distinct id)", "an expression over one row has nothing to aggregate", "my_agg(distinct id)"],
    ["row_number() over ()", "an expression over one row has no window", "row_number() over ()"],
    ["customers.email", "there is no customers here, the row is one of public.orders", "customers.email"],
    ["sales.orders.email", "there is no sales.orders here, the row is one of public.orders", "sales.orders.email"],
    [
      "address.city",
      "there is no address here, the row is one of public.orders; a field of the column address is written (address).field",
      "address.city",
    ],
    ["email || '\0'", "SQL can't hold a NUL", "\0'"],
  ])("%j: %s", (text, message, rest) => {
    expect(refusal(text)).toEqual([message, rest]);
  });

  test("an unknown column is shown with those that there are", () => {
    const row = { table: { schema: "public", name: "users" }, columns: ["id", "Email", "order"] };
    const message = (text: string): string => {
      try {
        parseExpression(text, row);
      } catch (error) {
        return (error as Error).message;
      }
      return "taken";
    };
    expect(message("phone")).toBe('no column phone in table public.users; it has: id, "Email", "order"');
    expect(message("Email")).toBe(
      'no column email in table public.users; it has: id, "Email", "order". Did you mean "Email"?',
    );
    expect(message("(select users.ordr)")).toBe(
      'no column ordr in table public.users; it has: id, "Email", "order". Did you mean "order"?',
    );
  });
});

describe("what an expression is", () => {
  test.each([
    ["email", "email"],
    [' orders."email" -- it', "email"],
    ["(email)", "email"],
    ["email::text", null],
    ["lower(email)", null],
    ["(select orders.email)", null],
    ["1", null],
  ])("%s is the column %s", (text, column) => {
    expect(over(text).column).toBe(column);
  });

  test.each([
    "1",
    "'x'::text",
    "-1 + 2",
    "null",
    "true",
    "array['a', 'b']::text[]",
    "'{}'::jsonb",
    "interval '1 day'",
    "'x' || 'y'",
    "'x'::geometry(point)",
  ])("%s is constant", (text) => expect(over(text).constant).toBe(true));

  test.each([
    "email",
    "now()",
    "current_timestamp",
    "lower('X')",
    "(select 1)",
    "coalesce(id, 1)",
    "'x'::date at time zone 'utc'",
    "json_object('a': 1)",
  ])("%s is not constant", (text) => expect(over(text).constant).toBe(false));
});

test("scalarToSql writes scalars of a plan as SQL", () => {
  expect(["lower(x)", 0, -0, -1.5, 1e21, true, false].map(scalarToSql)).toEqual([
    "lower(x)",
    "0",
    "0",
    "-1.5",
    "1e+21",
    "true",
    "false",
  ]);
  expect(() => scalarToSql(Number.NaN)).toThrow(expect.objectContaining({ code: "SEG0004" }));
});
