import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME, type Version } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

const SCHEMA = `
  create table users (id bigint primary key, name text, hits int not null default 0);
  insert into users select i, 'user ' || i from generate_series(1, 1500) i`;
const version = (word: string): Version => ({ table: "users", columns: { name: (n) => `${word}${n}` } });
const both = { old: version("old"), new: version("new"), link: SAME };

test.each(MAJORS)("sql runs in each phase as it is written, and back on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: SCHEMA,
    plan: `
operations:
  - sql:
      phase: expand
      up: |
        create view names as select name from users;
        comment on view names is 'a; b';
      down: drop view names
  - sql: { phase: backfill, up: create index concurrently users_name on users (name), down: drop index concurrently users_name }
  - sql: { phase: contract, up: comment on table users is 'people', down: comment on table users is null }
`,
    ...both,
    plainly: `
      create view names as select name from users; comment on view names is 'a; b';
      create index users_name on users (name); comment on table users is 'people'`,
  });
});

test.each(MAJORS)("a .sql plan is taken back by its down part on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: SCHEMA,
    plan: {
      "1_change.sql":
        "alter table users add column score int default 0;\ncreate function double(int) returns int language sql as $$ select 2 * $1; $$;",
      "1_change.down.sql": "drop function double(int);\nalter table users drop column score;",
    },
    ...both,
    plainly:
      "alter table users add column score int default 0; create function double(int) returns int language sql as $$ select 2 * $1; $$",
  });
});

test.each(MAJORS)(
  "a .sql plan with marks and a concurrent build runs statement by statement on PostgreSQL %s",
  async (major) => {
    await lifecycle({
      major,
      schema: SCHEMA,
      plan: {
        "1_change.sql": `-- migrate:up
        create index concurrently users_name on users (name);
        comment on index users_name is 'by name';
        -- migrate:down
        drop index concurrently users_name;`,
      },
      ...both,
      plainly: "create index users_name on users (name); comment on index users_name is 'by name'",
    });
  },
);
