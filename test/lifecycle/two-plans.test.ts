import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { MAJORS } from "../support/postgres.ts";

test.each(MAJORS)(
  "two plans on different columns of one table are in flight at once on PostgreSQL %s",
  async (major) => {
    await lifecycle({
      major,
      schema: `
      create table users (id bigint primary key, username text not null default 'x', age int not null, note text, hits int not null default 0,
        constraint age_positive check (age > 0));
      create index on users (age);
      create index on users (username);
      insert into users select i, 'user' || i, i from generate_series(1, 1500) i`,
      plan: {
        "1_rename.yaml": "operations:\n  - rename_column: { table: users, from: username, to: handle }",
        "2_rename.yaml": "operations:\n  - rename_column: { table: users, from: age, to: years }",
      },
      old: { table: "users", columns: { username: (n) => `old${n}`, age: (n) => String(n), note: (n) => `n${n}` } },
      new: { table: "users", columns: { handle: (n) => `new${n}`, years: (n) => String(n), note: (n) => `m${n}` } },
      link: {
        forward: (old) => ({ handle: old["username"]!, years: old["age"]! }),
        reverse: (fresh) => ({ username: fresh["handle"]!, age: fresh["years"]! }),
      },
      plainly: "alter table users rename username to handle; alter table users rename age to years",
    });
  },
);
