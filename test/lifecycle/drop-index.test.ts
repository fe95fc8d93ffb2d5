import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

test.each(MAJORS)("drop_index keeps the definition to build it again on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create table users (id bigint primary key, email text not null, name text, hits int not null default 0);
      insert into users select i, 'User' || i, 'user ' || i from generate_series(1, 1500) i;
      create unique index "Users E-mail" on users (lower(email) desc) include (name) where name is not null;
      comment on index "Users E-mail" is 'once each';
      alter index "Users E-mail" alter column 1 set statistics 300`,
    plan: `operations:\n  - drop_index: { table: users, name: Users E-mail }`,
    old: { table: "users", columns: { email: (n) => `Old${n}`, name: (n) => (n % 3 === 0 ? null : `n${n}`) } },
    new: { table: "users", columns: { email: (n) => `New${n}`, name: (n) => (n % 3 === 0 ? null : `n${n}`) } },
    link: SAME,
    plainly: `drop index "Users E-mail"`,
  });
});
