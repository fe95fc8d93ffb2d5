import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { MAJORS } from "../support/postgres.ts";

test.each(MAJORS)(
  "drop_table hides a table with all that is its own before it goes on PostgreSQL %s",
  async (major) => {
    await lifecycle({
      major,
      schema: `
      create table letters (id bigint primary key, body text not null default '', note text, hits int not null default 0);
      create table offices (id bigint primary key);
      insert into offices select i from generate_series(1, 500) i;
      create function touch() returns trigger language plpgsql as $$ begin new.touched := now(); return new; end $$;
      create unlogged table faxes (id bigserial primary key, number int generated always as identity, office bigint references offices on delete set null,
        parent bigint constraint faxes_parent references faxes, body text not null default 'empty' constraint not_blank check (body <> ''),
        note text, touched timestamptz, hits int not null default 0);
      create index faxes_body on faxes (body);
      create statistics faxes_both on office, body from faxes;
      create trigger touch before insert or update on faxes for each row execute function touch();
      alter table faxes enable row level security;
      create policy own on faxes using (body <> 'secret');
      comment on table faxes is 'of old';
      comment on index faxes_pkey is 'its key';
      grant select on faxes to public;
      insert into faxes (body, office) select 'fax ' || i, 1 + i % 500 from generate_series(1, 1500) i`,
      plan: "operations:\n  - drop_table: { table: faxes }",
      old: { table: "faxes", columns: { body: (n) => `f${n}`, note: (n) => `n${n}` }, defaults: { body: "empty" } },
      new: {
        table: "letters",
        columns: { body: (n) => `l${n}`, note: (n) => `n${n}` },
        defaults: { body: "" },
        stays: true,
      },
      link: null,
      plainly: "drop table faxes",
    });
  },
);

test.each(MAJORS)(
  "drop_table hides the partitions of two tables that refer to each other on PostgreSQL %s",
  async (major) => {
    const long = "ü".repeat(31);
    await lifecycle({
      major,
      schema: `
      create table letters (id bigint primary key, body text, note text, hits int not null default 0);
      create schema "Odd ""Schema";
      create table "${long}" (id bigserial, region int not null, body text default '-', note text, hits int not null default 0,
        primary key (id, region)) partition by list (region);
      create table "Odd ""Schema"."${long}" partition of "${long}" for values in (0);
      create table low partition of "${long}" for values in (1) partition by range (id);
      create table lowest partition of low for values from (minvalue) to (500);
      create table higher partition of low for values from (500) to (maxvalue);
      create index on "${long}" (body);
      insert into "${long}" select i, i % 2, 'v' || i from generate_series(1, 1000) i;
      create table "Odd ""Schema".details (id bigint references letters, region int, of bigint, primary key (id),
        foreign key (of, region) references "${long}" (id, region))`,
      plan: `operations:\n  - drop_table: { table: '"Odd ""Schema"."details"' }\n  - drop_table: { table: '${long}' }`,
      old: {
        table: `"${long}"`,
        columns: { body: (n) => `f${n}`, note: (n) => `n${n}` },
        defaults: { body: "-" },
        fixed: { region: (id) => String(id % 2) },
      },
      new: {
        table: "letters",
        columns: { body: (n) => `l${n}`, note: (n) => `n${n}` },
        defaults: { body: null },
        stays: true,
      },
      link: null,
      plainly: `drop table "Odd ""Schema".details; drop table "${long}"`,
    });
  },
);
