import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

test.each(MAJORS)(
  "add_unique takes over an index that was built beside the traffic on PostgreSQL %s",
  async (major) => {
    await lifecycle({
      major,
      schema: `
      create table users (id bigint primary key, email text, tenant text not null default 'a', hits int not null default 0);
      insert into users select i, 'user' || i from generate_series(1, 1500) i`,
      plan: `
operations:
  - add_unique: { table: users, columns: [tenant, email] }
  - add_unique: { table: users, name: email_once, columns: [email], deferrable: true, initially_deferred: true }
`,
      old: {
        table: "users",
        columns: { email: (n) => (n % 5 === 0 ? null : `old${n}`), tenant: (n) => `t${n % 3}` },
        defaults: { tenant: "a" },
      },
      new: {
        table: "users",
        columns: { email: (n) => (n % 5 === 0 ? null : `new${n}`), tenant: (n) => `t${n % 3}` },
        defaults: { tenant: "a" },
      },
      link: SAME,
      plainly: `
      alter table users add unique (tenant, email);
      alter table users add constraint email_once unique (email) deferrable initially deferred`,
    });
  },
);
