import { expect, test } from "vitest";
import { createSegue } from "../../src/index.ts";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME, type Value } from "../support/oracle.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase } from "../support/postgres.ts";

const ALL = ["new", "lost", "sent"] as const;
const KEPT = ["new", "sent"] as const;

const SCHEMA = `
  create type state as enum ('new', 'lost', 'sent');
  create table orders (id bigint primary key, state state not null default 'lost', note text, hits int not null default 0,
    constraint known check (state in ('new', 'sent') or note is not null or state is not null) no inherit);
  create index orders_state on orders (state desc, id);
  insert into orders select i, (array['new', 'lost', 'sent']::state[])[1 + i % 3], 'n' from generate_series(1, 900) i;
  create table seen (id int, states state[] default '{lost,new}');
  insert into seen values (1, '{lost,new,lost}'), (2, null)`;

const PLAINLY = `
  alter table orders drop constraint known;
  alter table orders alter state drop default; alter table seen alter states drop default;
  create type kept as enum ('new', 'sent');
  alter table orders alter state type kept using (replace(state::text, 'lost', 'sent'))::kept, alter state set default 'sent';
  alter table seen alter states type kept[] using array_replace(states::text[], 'lost', 'sent')::kept[], alter states set default '{sent,new}';
  drop type state;
  alter type kept rename to state;
  alter table orders add constraint known check (state in ('new', 'sent') or note is not null or state is not null) no inherit;`;

test.each(MAJORS)("drop_enum_value with a column that gets a new name on PostgreSQL %s", async (major) => {
  const kept = (value: Value | undefined): Value => (value === "lost" ? "sent" : (value ?? null));
  const { database } = await lifecycle({
    major,
    schema: SCHEMA.replace("default 'lost'", "default 'new'"),
    plan: "operations:\n  - drop_enum_value: { type: state, value: lost, to: sent, columns: [{ table: orders, column: state, to: stage }] }",
    old: {
      table: "orders",
      columns: { state: (n) => ALL[n % 3] ?? null, note: (n) => `n${n}` },
      defaults: { state: "new" },
    },
    new: {
      table: "orders",
      columns: { stage: (n) => KEPT[n % 2] ?? null, note: (n) => `m${n}` },
      defaults: { stage: "new" },
    },
    link: {
      forward: (old) => ({ stage: kept(old["state"] as Value) }),
      reverse: (fresh) => ({ state: (fresh["stage"] as Value | undefined) ?? null }),
    },
    plainly: `${PLAINLY} alter table orders alter state set default 'new'; alter table orders rename state to stage`,
  });
  expect(await database.query("select states::text from seen order by id")).toEqual([
    { states: "{sent,new,sent}" },
    { states: null },
  ]);
});

test.each(MAJORS)("drop_enum_value with a column that keeps its name on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: SCHEMA,
    plan: "operations:\n  - drop_enum_value: { type: state, value: lost, to: sent }",
    old: {
      table: "orders",
      columns: { state: (n) => ALL[n % 3] ?? null, note: (n) => `n${n}` },
      defaults: { state: "lost" },
    },
    new: {
      table: "orders",
      columns: { state: (n) => KEPT[n % 2] ?? null, note: (n) => `m${n}` },
      defaults: { state: "lost" },
      named: false,
    },
    link: { ...SAME, canonical: (value) => (value === "lost" ? "sent" : value) },
    plainly: PLAINLY,
  });
});

test.each(MAJORS)("rows have the value again after a reversal from the soak on PostgreSQL %s", async (major) => {
  const database = await testDatabase({
    major,
    script: `
      create type state as enum ('new', 'lost');
      create table orders (id int primary key, state state default 'lost');
      insert into orders values (1, 'lost'), (2, 'lost'), (3, 'new')`,
  });
  const plans = await planFolder({
    "1_drop.yaml": "operations: [drop_enum_value: { type: state, value: lost, to: null }]",
  });
  const segue = createSegue({ url: database.url, plans, env: {} });
  const rows = async () =>
    (await database.query<{ state: string | null }>("select state::text from orders order by id")).map(
      (row) => row.state,
    );
  expect(await segue.up(["drop"])).toMatchObject([{ state: "ready" }]);
  expect(await segue.contract("drop")).toMatchObject({ state: "soaking" });
  expect(await rows()).toEqual([null, null, "new"]);
  // The default was the value that goes: there is none any more.
  await database.query("insert into orders (id) values (4); update orders set state = 'new' where id = 2");
  expect(await rows()).toEqual([null, "new", "new", null]);
  expect(await segue.reverse("drop")).toMatchObject({ state: "reversed" });
  expect(await rows()).toEqual(["lost", "new", "new", null]);
  await database.query("insert into orders (id) values (5)");
  expect(await rows()).toEqual(["lost", "new", "new", null, "lost"]);
});
