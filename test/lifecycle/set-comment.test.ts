import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

test.each(MAJORS)("set_comment changes comments, and a reversal puts them back on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create table users (id bigint primary key, email text, name text, hits int not null default 0);
      insert into users select i, 'user' || i, 'user ' || i from generate_series(1, 1500) i;
      create index by_name on users (name);
      comment on table users is 'people';
      comment on column users.email is 'as typed';
      comment on index by_name is 'for the search'`,
    plan: `
operations:
  - set_comment: { table: users, comment: people who signed up }
  - set_comment: { table: users, column: email, comment: null }
  - set_comment: { table: users, index: by_name, comment: "for the search, and the list" }
  - add_check: { table: users, name: has_name, check: name <> '' }
  - set_comment: { table: users, constraint: has_name, comment: the form asks for it }
`,
    old: { table: "users", columns: { email: (n) => `old${n}`, name: (n) => `n${n}` } },
    new: { table: "users", columns: { email: (n) => `new${n}`, name: (n) => `m${n}` } },
    link: SAME,
    plainly: `
      comment on table users is 'people who signed up';
      comment on column users.email is null;
      comment on index by_name is 'for the search, and the list';
      alter table users add constraint has_name check (name <> '');
      comment on constraint has_name on users is 'the form asks for it'`,
  });
});
