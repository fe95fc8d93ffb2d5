import { beforeAll, describe, expect, test } from "vitest";
import { type Fact, factKey, type Table } from "../../../src/model/catalog.ts";
import { changeType } from "../../../src/operations/change-type.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { catalogOf, columnOf, constraintOf, dependentOf, tableOf } from "../steps/carry-catalog.ts";

beforeAll(loadParser);

const ORDERS = tableOf("orders", {
  columns: [
    columnOf("customer", "integer"),
    columnOf("code", "character varying(10)", { collation: '"C"' }),
    columnOf("label", "text"),
    columnOf("amount", "numeric(12,4)"),
  ],
});
const CHEAP: Fact = { rewrite: false, scan: false, reindex: false };
const REWRITES: Fact = { rewrite: true, scan: true, reindex: true };
const CANONICAL: Readonly<Record<string, string>> = { int8: "bigint", "varchar(20)": "character varying(20)" };

const compile = (written: Record<string, unknown>, fact: Fact, table: Table = ORDERS) => {
  const fields = changeType.fields.parse({ table: "orders", ...written });
  const facts: Record<string, Fact> = {};
  for (const question of changeType.questions?.(fields, "public") ?? []) {
    facts[factKey(question)] = question.ask === "alter" ? fact : { type: CANONICAL[fields.type] ?? fields.type };
  }
  return changeType.compile(fields, { ...catalogOf(18, table), facts });
};
const entry = (kind: string, fields: Record<string, unknown>) => ({ kind, fields: { table: "orders", ...fields } });

describe("in place, where the server was seen to touch no row", () => {
  test("one ALTER, whose way back would rewrite", () => {
    expect(compile({ column: "code", type: "varchar(20)" }, CHEAP)).toEqual({
      expand: [entry("alter_type", { column: "code", type: "varchar(20)", reverses: false })],
      backfill: [],
      contract: [],
    });
  });
  test("one ALTER, whose way back is as cheap", () => {
    expect(compile({ column: "label", type: "public.citext" }, CHEAP).expand).toEqual([
      entry("alter_type", { column: "label", type: "public.citext", reverses: true }),
    ]);
  });
  test("the new collation goes along", () => {
    expect(compile({ column: "label", type: "text", collation: '"C"' }, CHEAP).expand).toEqual([
      entry("alter_type", { column: "label", type: "text", collation: '"C"', reverses: true }),
    ]);
  });
});

describe("by a shadow column that takes over the name", () => {
  const SHADOW = "segue_new_customer_";
  test("where it would rewrite", () => {
    const phases = compile({ column: "customer", type: "int8" }, REWRITES);
    const shadow = String(phases.expand[0]?.fields["column"]);
    expect(shadow).toMatch(new RegExp(`^${SHADOW}[0-9a-f]{8}$`));
    expect(phases).toEqual({
      expand: [
        entry("add_column", { column: shadow, type: "int8", like: "customer" }),
        entry("sync", { forward: { [shadow]: "customer" }, reverse: { customer: shadow } }),
      ],
      backfill: [entry("fill", {}), entry("carry", { from: "customer", to: shadow })],
      contract: [entry("replace_column", { column: "customer", by: shadow, keep_name: true })],
    });
  });

  test("with expressions of the plan: in `reverse` the column's own name stands for the new value", () => {
    const phases = compile(
      {
        column: "amount",
        type: "bigint",
        forward: "(amount * 10000)::bigint",
        reverse: "amount / 10000.0 + length(label)",
      },
      REWRITES,
    );
    const shadow = String(phases.expand[0]?.fields["column"]);
    expect(phases.expand[1]?.fields).toEqual({
      table: "orders",
      forward: { [shadow]: "(amount * 10000)::bigint" },
      reverse: { amount: `${shadow} / 10000.0 + length(label)` },
    });
    expect(phases.warnings).toBeUndefined();
  });

  test("with the collation of the old column, if the new type has one at all", () => {
    expect(compile({ column: "code", type: "text" }, REWRITES).expand[0]?.fields).toMatchObject({ collation: '"C"' });
    expect(compile({ column: "code", type: "integer" }, REWRITES).expand[0]?.fields).not.toHaveProperty("collation");
    expect(compile({ column: "code", type: "text", collation: '"POSIX"' }, REWRITES).expand[0]?.fields).toMatchObject({
      collation: '"POSIX"',
    });
  });

  test("with the collation of the old column, if the server says that the new type, a domain, has one", () => {
    for (const collatable of [true, false]) {
      const fields = changeType.fields.parse({ table: "orders", column: "code", type: "label", forward: "code" });
      const facts = { [factKey({ ask: "type", type: "label" })]: { type: "public.label", collatable } };
      const [added] = changeType.compile(fields, { ...catalogOf(18, ORDERS), facts }).expand;
      expect(added?.fields["collation"]).toBe(collatable ? '"C"' : undefined);
    }
  });

  test("where a foreign key would be checked again, a view is in the way, or the plan says how", () => {
    const fkey = {
      ...ORDERS,
      constraints: [constraintOf("foreign key", "f", "FOREIGN KEY (customer) REFERENCES customers(id)", ["customer"])],
    };
    for (const phases of [
      compile({ column: "customer", type: "int8" }, CHEAP, fkey),
      compile({ column: "customer", type: "int8", forward: "customer" }, CHEAP),
    ]) {
      expect(phases.expand.map(({ kind }) => kind)).toEqual(["add_column", "sync"]);
    }
    const viewed = { ...ORDERS, dependents: [dependentOf("view", "public.v", ["customer"])] };
    expect(() => compile({ column: "customer", type: "int8" }, CHEAP, viewed)).toThrow(
      "public.orders.customer can't be replaced: this hangs on it and can't be carried over",
    );
  });

  test("with a warning where digits are rounded away", () => {
    expect(compile({ column: "amount", type: "numeric(12,2)" }, REWRITES).warnings).toEqual([
      "values of public.orders.amount are rounded to 2 digits behind the point",
    ]);
  });
});

test("what changes nothing, and what the server does not know, are refused", () => {
  expect(() => compile({ column: "code", type: "character varying(10)" }, CHEAP)).toThrow(
    "public.orders.code is of type character varying(10) already",
  );
  const fields = changeType.fields.parse({ table: "orders", column: "code", type: "nonsense" });
  const facts = {
    [factKey({ ask: "type", type: "nonsense" })]: { error: 'type "nonsense" does not exist', sqlstate: "42704" },
  };
  expect(() => changeType.compile(fields, { ...catalogOf(18, ORDERS), facts })).toThrow(
    'type nonsense: type "nonsense" does not exist',
  );
});
