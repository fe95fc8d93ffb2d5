import { expect, test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { MAJORS } from "../support/postgres.ts";


test.each(MAJORS)("rename_column carries a text column with all that hangs on it on PostgreSQL %s", async (major) => {
  const { counts } = await lifecycle({
    major,
    schema: `
      create table users (id bigint primary key, username text not null, note text, hits int not null default 0,
        constraint username_long check (length(username) > 1), constraint username_once unique (username));
      comment on column users.username is 'how people log in';
      alter table users alter column username set statistics 500;
      grant select (username), update (username) on users to public;
      create index on users (lower(username) desc) where note is not null;
      insert into users select i, 'user' || i, 'note ' || i from generate_series(1, 2000) i`,
    plan: "operations:\n  - rename_column: { table: users, from: username, to: handle }",
    old: { table: "users", columns: { username: (n) => `old${n}`, note: (n) => (n % 5 === 0 ? null : `n${n}`) } },
    new: { table: "users", columns: { handle: (n) => `new${n}`, note: (n) => `m${n}` } },
    link: { forward: (old) => ({ handle: old["username"]! }), reverse: (fresh) => ({ username: fresh["handle"]! }) },
    plainly: "alter table users rename username to handle",
  });
  expect(counts["old copy"]).toBeGreaterThan(0);
  expect(counts["new copy"]).toBeGreaterThan(0);
});
