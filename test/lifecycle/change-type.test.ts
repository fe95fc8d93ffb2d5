import { expect, test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME, type Value } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

test.each(MAJORS)("change_type of varchar to text alters in place and back on PostgreSQL %s", async (major) => {
  const { database, events } = await lifecycle({
    major,
    schema: `
      create table users (id bigint primary key, name varchar not null, hits int not null default 0);
      create unique index users_name on users (name) with (fillfactor = 80);
      alter table users cluster on users_name;
      comment on index users_name is 'of people';
      create statistics users_both on name, hits from users;
      alter statistics users_both set statistics 50;
      alter statistics users_both owner to pg_monitor;
      comment on statistics users_both is 'together';
      alter table users alter name set storage external, alter name set compression pglz, alter name set statistics 60;
      insert into users select i, 'user' || i from generate_series(1, 1500) i`,
    plan: "operations:\n  - change_type: { table: users, column: name, type: text }",
    // Even here a named statement that returns the column fails with 0A000 and must be prepared again: `plan` says so.
    old: { table: "users", columns: { name: (n) => `old${n}` }, named: false },
    new: { table: "users", columns: { name: (n) => `new${n}` }, named: false },
    link: SAME,
    plainly: `alter table users alter name type text, alter name set storage external, alter name set compression pglz;
      alter statistics users_both set statistics 50; alter statistics users_both owner to pg_monitor`,
  });
  const known = await database.query("select attname from pg_stats where tablename = 'users' and attname = 'name'");
  expect(known).toHaveLength(1);
  expect(events.filter((event) => event.type === "step_started" && event.stage === "backfill")).toEqual([]);
});

test.each(MAJORS)(
  "change_type of int to bigint carries foreign key, index and check on PostgreSQL %s",
  async (major) => {
    await lifecycle({
      major,
      schema: `
      create table customers (id int primary key, name text);
      insert into customers select i, 'customer ' || i from generate_series(1, 50) i;
      create table orders (id bigint primary key, customer_id int not null default 7 references customers (id) deferrable,
        note text, hits int not null default 0, constraint customer_positive check (customer_id > 0));
      create index orders_customer on orders (customer_id) include (note);
      insert into orders select i, 1 + i % 50, 'n' from generate_series(1, 1500) i`,
      plan: "operations:\n  - change_type: { table: orders, column: customer_id, type: bigint }",
      old: {
        table: "orders",
        columns: { customer_id: (n) => String(1 + (n % 50)), note: (n) => `n${n}` },
        defaults: { customer_id: "7" },
      },
      new: {
        table: "orders",
        columns: { customer_id: (n) => String(50 - (n % 50)), note: (n) => `m${n}` },
        defaults: { customer_id: "7" },
        named: false,
      },
      link: SAME,
      plainly: "alter table orders alter customer_id type bigint",
    });
  },
);

test.each(MAJORS)("change_type of text to integer goes by its own expressions on PostgreSQL %s", async (major) => {
  const number = (value: Value | undefined): Value => (value != null && /^\d+$/.test(value) ? value : null);
  await lifecycle({
    major,
    schema: `
      create table parts (id bigint primary key, size text, note text, hits int not null default 0);
      create index parts_size on parts (size);
      insert into parts select i, i, 'n' from generate_series(1, 1500) i`,
    plan: `operations:\n  - change_type: { table: parts, column: size, type: integer, forward: "case when size ~ '^[0-9]{1,9}$' then size::integer end", reverse: "size::text" }`,
    old: { table: "parts", columns: { size: (n) => (n % 7 === 0 ? null : String(n)), note: (n) => `n${n}` } },
    new: {
      table: "parts",
      columns: { size: (n) => (n % 7 === 0 ? null : String(n)), note: (n) => `m${n}` },
      named: false,
    },
    link: { ...SAME, forward: (old) => ({ size: number(old["size"] as Value) }) },
    plainly: "alter table parts alter size type integer using size::integer",
  });
});

test.each(MAJORS)("change_type of numeric to a wider one keeps every digit on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create table payments (id bigint primary key, amount numeric(5,2) not null default 1.5, note text, hits int not null default 0,
        constraint amount_positive check (amount > 0));
      insert into payments select i, 1 + i % 900, 'n' from generate_series(1, 1500) i`,
    plan: `operations:\n  - change_type: { table: payments, column: amount, type: "numeric(12,4)" }`,
    old: {
      table: "payments",
      columns: { amount: (n) => `${1 + (n % 900)}.25`, note: (n) => `n${n}` },
      defaults: { amount: "1.50" },
    },
    new: {
      table: "payments",
      columns: { amount: (n) => `${1 + (n % 900)}.25`, note: (n) => `m${n}` },
      defaults: { amount: "1.5" },
      named: false,
    },
    link: { ...SAME, canonical: (value) => (value === null ? null : value.replace(/(\.\d*?)0+$/, "$1")) },
    plainly: "alter table payments alter amount type numeric(12,4)",
  });
});

test.each(MAJORS)(
  "change_type on a partitioned table swaps the column on every leaf on PostgreSQL %s",
  async (major) => {
    await lifecycle({
      major,
      schema: `
      create table visits (id bigint, region int not null, seconds int not null default 1, note text, hits int not null default 0,
        primary key (id, region)) partition by list (region);
      create table visits_0 partition of visits for values in (0);
      create table visits_1 partition of visits for values in (1, 2);
      create index visits_seconds on visits (seconds);
      insert into visits select i, i % 3, i from generate_series(1, 1500) i`,
      plan: "operations:\n  - change_type: { table: visits, column: seconds, type: bigint }",
      old: {
        table: "visits",
        columns: { seconds: (n) => String(n), note: (n) => `n${n}` },
        defaults: { seconds: "1" },
        fixed: { region: (id) => String(id % 3) },
      },
      new: {
        table: "visits",
        columns: { seconds: (n) => String(n), note: (n) => `m${n}` },
        defaults: { seconds: "1" },
        fixed: { region: (id) => String(id % 3) },
        named: false,
      },
      link: SAME,
      plainly: "alter table visits alter seconds type bigint",
    });
  },
);

test.each(MAJORS)(
  "change_type whose new values the old type can't hold says what a reversal loses on PostgreSQL %s",
  async (major) => {
    const held = (value: unknown): Value => (Number(value) <= 2_147_483_647 ? String(value) : null);
    await lifecycle({
      major,
      schema: `
      create table counters (id bigint primary key, total int not null, note text, hits int not null default 0);
      create index on counters (total);
      insert into counters select i, i, 'n' from generate_series(1, 1500) i`,
      plan: {
        "1_change.yaml": `
expand:
  - add_column: { table: counters, column: big_total, type: bigint }
  - sync: { table: counters, forward: { big_total: total }, reverse: { total: big_total } }
backfill:
  - fill: { table: counters }
  - set_not_null: { table: counters, column: big_total }
contract:
  - drop_column: { table: counters, column: total }
`,
      },
      old: { table: "counters", columns: { total: (n) => String(n), note: (n) => `n${n}` } },
      new: {
        table: "counters",
        columns: { big_total: (n) => String(n % 2 === 0 ? n : 5_000_000_000 + n), note: (n) => `m${n}` },
      },
      link: {
        forward: (old) => ({ big_total: old["total"] ?? null }),
        reverse: (fresh) => ({ total: held(fresh["big_total"]) }),
        afterReverse: (old) => ({ ...old, total: old["total"] ?? "-1" }),
      },
      reversal: { fill: "-1", accept: ["--lose-values"] },
      plainly:
        "alter table counters add column big_total bigint; update counters set big_total = total; alter table counters alter big_total set not null, drop column total",
    });
  },
);
