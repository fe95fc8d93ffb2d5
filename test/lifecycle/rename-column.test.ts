import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { MAJORS } from "../support/postgres.ts";

test.each(MAJORS)("rename_column carries a text column with all that hangs on it on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create table users (id bigint primary key, note text, username text not null, hits int not null default 0,
        constraint username_long check (length(username) > 1), constraint username_once unique (username));
      comment on column users.username is 'how people log in';
      comment on constraint username_long on users is 'no initials';
      alter table users alter column username set statistics 500;
      grant select (username), update (username) on users to public;
      create index on users (lower(username) desc) where note is not null;
      create statistics users_names on note, username from users;
      insert into users select i, 'note ' || i, 'user' || i from generate_series(1, 1500) i`,
    plan: "operations:\n  - rename_column: { table: users, from: username, to: handle }",
    old: { table: "users", columns: { username: (n) => `old${n}`, note: (n) => (n % 5 === 0 ? null : `n${n}`) } },
    new: { table: "users", columns: { handle: (n) => `new${n}`, note: (n) => `m${n}` } },
    link: { forward: (old) => ({ handle: old["username"]! }), reverse: (fresh) => ({ username: fresh["handle"]! }) },
    plainly: "alter table users rename username to handle",
  });
});

test.each(MAJORS)("rename_column carries a foreign key, its index and a default on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create table customers (id int primary key, name text);
      insert into customers select i, 'customer ' || i from generate_series(1, 50) i;
      create table orders (id bigint primary key, customer_id int not null default 7 references customers (id) on delete cascade,
        amount numeric(10,2), hits int not null default 0);
      create index orders_customer on orders (customer_id, amount);
      insert into orders select i, 1 + i % 50, i from generate_series(1, 1500) i`,
    plan: "operations:\n  - rename_column: { table: orders, from: customer_id, to: buyer_id }",
    old: {
      table: "orders",
      columns: { customer_id: (n) => String(1 + (n % 50)), amount: (n) => `${n}.25` },
      defaults: { customer_id: "7" },
    },
    new: {
      table: "orders",
      columns: { buyer_id: (n) => String(50 - (n % 50)), amount: (n) => `${n}.75` },
      defaults: { buyer_id: "7" },
    },
    link: {
      forward: (old) => ({ buyer_id: old["customer_id"]! }),
      reverse: (fresh) => ({ customer_id: fresh["buyer_id"]! }),
    },
    plainly: "alter table orders rename customer_id to buyer_id",
  });
});

test.each(MAJORS)(
  "rename_column takes a nullable column with odd names on both sides on PostgreSQL %s",
  async (major) => {
    await lifecycle({
      major,
      schema: `
      create schema "Odd ""Schema";
      create table "Odd ""Schema"."Täble" (id bigint primary key, "select" text, note text, hits int not null default 0);
      create index "Odd Index" on "Odd ""Schema"."Täble" ("select");
      insert into "Odd ""Schema"."Täble" select i, 'v' || i from generate_series(1, 1000) i`,
      plan: `operations:\n  - rename_column: { table: '"Odd ""Schema"."Täble"', from: select, to: 'Größe "x"' }`,
      old: {
        table: `"Odd ""Schema"."Täble"`,
        columns: { select: (n) => (n % 4 === 0 ? null : `old${n}`), note: (n) => `n${n}` },
      },
      new: {
        table: `"Odd ""Schema"."Täble"`,
        columns: { 'Größe "x"': (n) => (n % 4 === 0 ? null : `new${n}`), note: (n) => `m${n}` },
      },
      link: {
        forward: (old) => ({ 'Größe "x"': old["select"]! }),
        reverse: (fresh) => ({ select: fresh['Größe "x"']! }),
      },
      plainly: `alter table "Odd ""Schema"."Täble" rename "select" to "Größe ""x"""`,
    });
  },
);

test.each(MAJORS)("rename_column fills a partitioned table leaf by leaf on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create table visits (id bigint, region int not null, page text not null default '/', note text, hits int not null default 0,
        primary key (id, region), constraint page_path check (page like '/%')) partition by list (region);
      create table visits_0 partition of visits for values in (0);
      create table visits_1 partition of visits for values in (1);
      create table visits_2 partition of visits for values in (2) partition by range (id);
      create table visits_2_low partition of visits_2 for values from (minvalue) to (1000);
      create table visits_2_high partition of visits_2 for values from (1000) to (maxvalue);
      create index visits_page on visits (page, region);
      insert into visits select i, i % 3, '/' || i from generate_series(1, 1500) i`,
    plan: "operations:\n  - rename_column: { table: visits, from: page, to: path }",
    old: {
      table: "visits",
      columns: { page: (n) => `/old/${n}`, note: (n) => `n${n}` },
      defaults: { page: "/" },
      fixed: { region: (id) => String(id % 3) },
    },
    new: {
      table: "visits",
      columns: { path: (n) => `/new/${n}`, note: (n) => `m${n}` },
      defaults: { path: "/" },
      fixed: { region: (id) => String(id % 3) },
    },
    link: { forward: (old) => ({ path: old["page"]! }), reverse: (fresh) => ({ page: fresh["path"]! }) },
    plainly: "alter table visits rename page to path",
  });
});
