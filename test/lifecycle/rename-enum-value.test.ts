import { expect, test } from "vitest";
import { VERSION_MARK } from "../../src/model/versioned.ts";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME, type Value, type Version } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

const OLD = ["new", "paid", "on hold"] as const;
const toNew = (value: Value | undefined): Value => (value === "new" ? "open" : (value ?? null));
const toOld = (value: Value | undefined): Value => (value === "open" ? "new" : (value ?? null));

const SCHEMA = `

  create schema sales;
  create type sales.status as enum ('new', 'paid', 'on hold');
  comment on type sales.status is 'of an order';
  revoke all on type sales.status from public;
  grant usage on type sales.status to pg_monitor;
  create table orders (id bigint primary key, status sales.status not null default 'new', previous sales.status,
    note text, hits int not null default 0, constraint held_after check (status <> 'on hold' or previous in ('new', 'paid') or previous is null));
  create index orders_new on orders (id) where status = 'new';
  create index orders_both on orders (status, previous);
  create statistics orders_stat on status, previous from orders;
  comment on column orders.status is 'where it is';
  insert into orders select i, 'new', case when i % 3 = 0 then 'paid'::sales.status end, 'n' from generate_series(1, 900) i;
  create table sales.history (id int, at int, steps sales.status[] not null default '{new,"on hold"}', primary key (id, at)) partition by range (at);
  create table sales.history_1 partition of sales.history for values from (1) to (100);
  create table sales.history_2 partition of sales.history for values from (100) to (200);
  alter table sales.history_2 alter steps set default '{}';
  insert into sales.history select i, i, array['new', 'paid', null, 'new']::sales.status[] from generate_series(1, 150) i;
  create table sales.empty (status sales.status default 'paid')`;

const PLAINLY = `alter type sales.status rename value 'new' to 'open'`;

test.each(MAJORS)("rename_enum_value with columns that keep their names on PostgreSQL %s", async (major) => {
  const { database } = await lifecycle({
    major,
    schema: SCHEMA,
    plan: "operations:\n  - rename_enum_value: { type: sales.status, from: new, to: open }",
    old: {
      table: "orders",
      columns: { status: (n) => OLD[n % 2] ?? null, previous: (n) => OLD[n % 3] ?? null, note: (n) => `n${n}` },
      defaults: { status: "new", previous: null },
    },
    // Up to the cut-over it can write only what both types have.
    new: {
      table: "orders",
      columns: { status: () => "paid", previous: (n) => (n % 2 === 0 ? "paid" : null), note: (n) => `m${n}` },
      defaults: { status: "new", previous: null },
      named: false,
    },
    link: { ...SAME, canonical: (value) => (value === "open" ? "new" : value) },
    plainly: PLAINLY,
  });
  expect(await database.query("select distinct steps::text from sales.history")).toEqual([
    { steps: "{open,paid,NULL,open}" },
  ]);
  expect(
    await database.query("insert into sales.history (id, at) values (1, 50), (1, 150) returning steps::text"),
  ).toEqual([{ steps: '{open,"on hold"}' }, { steps: '{open,"on hold"}' }]);
});

test.each(MAJORS)("rename_enum_value with new names for columns on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: SCHEMA,
    plan: `
operations:
  - rename_enum_value:
      type: sales.status
      from: new
      to: open
      columns:
        - { table: orders, column: status, to: state }
        - { table: orders, column: previous, to: before }`,
    old: {
      table: "orders",
      columns: { status: (n) => OLD[n % 2] ?? null, previous: (n) => OLD[n % 3] ?? null, note: (n) => `n${n}` },
      defaults: { status: "new", previous: null },
    },
    new: {
      table: "orders",
      columns: {
        state: (n) => toNew(OLD[n % 2]),
        before: (n) => toNew(OLD[n % 3]),
        note: (n) => `m${n}`,
      },
      defaults: { state: "open", before: null },
    },
    link: {
      forward: (old) => ({ state: toNew(old["status"] as Value), before: toNew(old["previous"] as Value) }),
      reverse: (fresh) => ({ status: toOld(fresh["state"] as Value), previous: toOld(fresh["before"] as Value) }),
    },
    plainly: `${PLAINLY}; alter table orders rename status to state; alter table orders rename previous to before`,
  });
});

test.each(MAJORS)(
  "both versions have their values under one name in schemas of their own on PostgreSQL %s",
  async (major) => {
    const viewed: Pick<Version, "cannot"> = { cannot: major < 17 ? ["copy", "merge"] : ["copy"] };
    await lifecycle({
      major,
      schema: `
      create type status as enum ('new', 'paid', 'on hold');
      create table orders (id bigint primary key, status status not null default 'new', note text, hits int not null default 0);
      create schema public_0;
      comment on schema public_0 is '${VERSION_MARK}public';
      create view public_0.orders as select id, status, note, hits from orders;
      insert into orders select i, 'new', 'n' from generate_series(1, 600) i`,
      plan: "views: true\noperations:\n  - rename_enum_value: { type: status, from: new, to: open }",
      old: {
        schema: "public_0",
        table: "orders",
        columns: { status: (n) => OLD[n % 3] ?? null, note: (n) => `n${n}` },
        defaults: { status: "new" },
        ...viewed,
      },
      new: {
        schema: "public_1",
        table: "orders",
        columns: { status: (n) => toNew(OLD[n % 3]), note: (n) => `m${n}` },
        defaults: { status: "open" },
        ...viewed,
      },
      link: {
        forward: (old) => ({ status: toNew(old["status"] as Value) }),
        reverse: (fresh) => ({ status: toOld(fresh["status"] as Value) }),
        reads: ["status"],
        writes: ["status"],
      },
    });
  },
);
