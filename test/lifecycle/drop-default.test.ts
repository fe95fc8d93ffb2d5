import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

test.each(MAJORS)(
  "drop_default lets the old version count on it until the contract on PostgreSQL %s",
  async (major) => {
    await lifecycle({
      major,
      schema: `
      create table users (id bigint primary key, name text, status text not null default 'trial', hits int not null default 0);
      insert into users (id) select generate_series(1, 1500)`,
      plan: `operations:\n  - drop_default: { table: users, column: status }`,
      old: {
        table: "users",
        columns: { name: (n) => `n${n}`, status: (n) => `old${n}` },
        defaults: { status: "trial" },
      },
      new: { table: "users", columns: { name: (n) => `m${n}`, status: (n) => `new${n}` } },
      link: SAME,
      plainly: "alter table users alter status drop default",
    });
  },
);
