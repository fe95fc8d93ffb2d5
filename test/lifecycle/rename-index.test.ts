import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

test.each(MAJORS)("rename_index and rename_constraint stop nobody on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create table users (id bigint constraint users_id primary key, email text unique, name text check (name <> ''), hits int not null default 0);
      insert into users select i, 'user' || i, 'user ' || i from generate_series(1, 1500) i;
      create index "By Name" on users (lower(name)) where name is not null`,
    plan: `
operations:
  - rename_index: { table: users, from: By Name, to: users_name_idx }
  - rename_constraint: { table: users, from: users_id, to: users_pkey }
  - rename_constraint: { table: users, from: users_name_check, to: has_name }
`,
    old: { table: "users", columns: { email: (n) => `old${n}`, name: (n) => `n${n}` } },
    new: { table: "users", columns: { email: (n) => `new${n}`, name: (n) => `m${n}` } },
    link: SAME,
    plainly: `
      alter index "By Name" rename to users_name_idx;
      alter table users rename constraint users_id to users_pkey;
      alter table users rename constraint users_name_check to has_name`,
  });
});
