import { beforeAll, expect, test } from "vitest";
import { loadParser } from "../../../src/sql/parser.ts";
import { resolveSync, type SyncFields } from "../../../src/steps/sync-pairs.ts";
import {
  fillOf,
  nullAfterReverse,
  rowKey,
  unrepresentable,
  verification,
} from "../../../src/steps/sync-verification.ts";
import { columnOf, constraintOf, tableOf } from "./carry-catalog.ts";

beforeAll(loadParser);

const TABLE = tableOf("orders", {
  columns: [
    columnOf("id", "bigint", { notNull: true }),
    columnOf("Day", "date"),
    columnOf("name", "text"),
    columnOf("first", "text"),
    columnOf("last", "text"),
    columnOf("customer", "integer"),
    columnOf("customer2", "bigint"),
    columnOf("state", "text"),
    columnOf("shape", "public.pair"),
    columnOf("form", "public.pair"),
  ],
  constraints: [constraintOf("primary key", "k", 'PRIMARY KEY ("Day", id)', ["Day", "id"])],
});
const resolve = (fields: Omit<SyncFields, "table">) => resolveSync({ table: "orders", ...fields }, TABLE);
const mismatch = (fields: Omit<SyncFields, "table">) => verification(resolve(fields)).map((v) => v.mismatch);

test("a row is right if either side is what the other one comes to", () => {
  expect(mismatch({ forward: { first: "name" }, reverse: { name: "first" } })).toEqual([
    "(CASE WHEN ROW(segue_row.first)::record *= ROW((segue_row.name)::text)::record THEN false ELSE NOT (ROW(segue_row.name)::record *= ROW((segue_row.first)::text)::record) END)",
  ]);
});

test("nothing stands beside a value that the old side can't hold", () => {
  expect(mismatch({ forward: { customer2: "customer" }, reverse: { customer: "customer2" } })).toEqual([
    "(CASE WHEN segue_row.customer2 IS NOT DISTINCT FROM (segue_row.customer)::bigint THEN false WHEN segue_row.customer IS NULL THEN segue_row.customer2 IS NULL ELSE NOT (segue_row.customer IS NOT DISTINCT FROM (segue_row.customer2)::integer) END)",
  ]);
});

test("without a reverse, a new side may hold what it likes, but must hold something", () => {
  expect(mismatch({ forward: { first: "lower(name)", last: "upper(name)" }, fill: { state: "'new'" } })).toEqual([
    "(CASE WHEN ROW(segue_row.first)::record *= ROW((lower(segue_row.name))::text)::record THEN false ELSE segue_row.first IS NULL END) OR (CASE WHEN ROW(segue_row.last)::record *= ROW((upper(segue_row.name))::text)::record THEN false ELSE segue_row.last IS NULL END) OR ((segue_row.state IS NULL AND ('new') IS NOT NULL))",
  ]);
  expect(mismatch({})).toEqual([]);
});

test("a fill writes a pair whose new side is empty, where there is something to write", () => {
  expect(fillOf(resolve({ forward: { first: "name" } }))).toEqual({
    set: [{ column: "first", value: "(segue_row.name)::text" }],
    where: "segue_row.first IS NULL AND ((segue_row.name) IS NOT NULL)",
    empty: "segue_row.first IS NULL",
    sourced: "segue_row.first IS NULL AND segue_row.name IS NOT NULL",
  });
});

test("what is always there is no source to ask for; a value may have several", () => {
  expect(fillOf(resolve({ forward: { first: "id::text" } }))).not.toHaveProperty("sourced");
  expect(fillOf(resolve({ forward: { first: "name || customer || id" } }))?.sourced).toBe(
    "segue_row.first IS NULL AND segue_row.name IS NOT NULL AND segue_row.customer IS NOT NULL",
  );
  expect(fillOf(resolve({ fill: { last: "name" } }))?.sourced).toBe(
    "segue_row.last IS NULL AND segue_row.name IS NOT NULL",
  );
});

test("of columns that are derived together, a row may lack one that there is a value for", () => {
  const lacking = (fields: Omit<SyncFields, "table">) => verification(resolve(fields))[0]?.lacking;
  expect(lacking({ forward: { first: "name" }, reverse: { name: "first" } })).toBeUndefined();
  expect(lacking({ forward: { first: "name", last: "upper(name)" }, reverse: { name: "first || last" } })).toBe(
    "(segue_row.first IS NULL AND (segue_row.name) IS NOT NULL) OR (segue_row.last IS NULL AND (upper(segue_row.name)) IS NOT NULL)",
  );
});

test("a composite is empty only as a whole", () => {
  expect(fillOf(resolve({ forward: { form: "shape" } }))?.where).toBe(
    "segue_row.form IS NOT DISTINCT FROM NULL AND ((segue_row.shape) IS DISTINCT FROM NULL)",
  );
});

test("several pairs and fills of one table share a pass, each for the rows that need it", () => {
  expect(
    fillOf(
      resolve({
        forward: { first: "name", customer2: "customer" },
        reverse: {},
        fill: { state: "'new'", last: "name" },
      }),
    ),
  ).toMatchInlineSnapshot(`
    {
      "empty": "(segue_row.first IS NULL) OR (segue_row.customer2 IS NULL) OR (segue_row.state IS NULL) OR (segue_row.last IS NULL)",
      "set": [
        {
          "column": "first",
          "value": "CASE WHEN segue_row.first IS NULL THEN (segue_row.name)::text ELSE segue_row.first END",
        },
        {
          "column": "customer2",
          "value": "CASE WHEN segue_row.customer2 IS NULL THEN (segue_row.customer)::bigint ELSE segue_row.customer2 END",
        },
        {
          "column": "state",
          "value": "coalesce(segue_row.state, ('new')::text)",
        },
        {
          "column": "last",
          "value": "coalesce(segue_row.last, (segue_row.name)::text)",
        },
      ],
      "where": "(segue_row.first IS NULL AND ((segue_row.name) IS NOT NULL)) OR (segue_row.customer2 IS NULL AND ((segue_row.customer) IS NOT NULL)) OR (segue_row.state IS NULL) OR (segue_row.last IS NULL AND (segue_row.name) IS NOT NULL)",
    }
  `);
  expect(fillOf(resolve({}))).toBeNull();
});

test("what a reversal would lose is counted, before and after the cut-over", () => {
  expect(nullAfterReverse(TABLE, "name", "segue_old_name_1")).toMatchInlineSnapshot(`
    {
      "count": "SELECT count(*) FROM public.orders AS segue_row WHERE segue_row.name IS NULL",
      "fillable": {
        "column": "name",
        "table": {
          "name": "orders",
          "schema": "public",
        },
      },
      "flag": "--keep-nullable",
      "hidden": {
        "count": "SELECT count(*) FROM public.orders AS segue_row WHERE segue_row.segue_old_name_1 IS NULL",
        "sample": "SELECT jsonb_build_object('Day', segue_row."Day", 'id', segue_row.id)::text FROM public.orders AS segue_row WHERE segue_row.segue_old_name_1 IS NULL LIMIT 5",
      },
      "sample": "SELECT jsonb_build_object('Day', segue_row."Day", 'id', segue_row.id)::text FROM public.orders AS segue_row WHERE segue_row.name IS NULL LIMIT 5",
      "what": "public.orders.name becomes NOT NULL again, and some rows have no value for it",
    }
  `);
  expect(unrepresentable(TABLE, "segue_old_customer_1", "customer", "customer")).toMatchInlineSnapshot(`
    {
      "count": "SELECT count(*) FROM public.orders AS segue_row WHERE segue_row.segue_old_customer_1 IS NULL AND segue_row.customer IS NOT NULL",
      "flag": "--lose-values",
      "sample": "SELECT jsonb_build_object('Day', segue_row."Day", 'id', segue_row.id)::text FROM public.orders AS segue_row WHERE segue_row.segue_old_customer_1 IS NULL AND segue_row.customer IS NOT NULL LIMIT 5",
      "what": "some values of public.orders.customer can't be held by the old type",
    }
  `);
});

test("a row is told by its key, or by its place", () => {
  expect(rowKey(TABLE)).toBe(`jsonb_build_object('Day', segue_row."Day", 'id', segue_row.id)::text`);
  expect(rowKey({ ...TABLE, constraints: [] })).toBe("segue_row.ctid::text");
});
