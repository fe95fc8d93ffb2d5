import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { Unsure, type Version } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

const SCHEMA = `
  create table users (id bigint primary key, email text not null, hits int not null default 0);
  insert into users select i, 'User' || i || '@example.org' from generate_series(1, 1500) i`;
const OLD: Version = { table: "users", columns: { email: (n) => `Old${n}@example.org` } };

test.each(MAJORS)("add_column with a constant default is one short ALTER on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: SCHEMA,
    plan: `operations:\n  - add_column: { table: users, column: plan, type: text, nullable: false, default: "'free'", comment: what they pay for }`,
    old: OLD,
    new: { table: "users", columns: { ...OLD.columns, plan: (n) => `plan ${n}` }, defaults: { plan: "free" } },
    link: { forward: () => ({ plan: "free" }), reverse: () => ({}), reads: [] },
    plainly: `alter table users add column plan text not null default 'free'; comment on column users.plan is 'what they pay for'`,
  });
});

test.each(MAJORS)(
  "add_column with a volatile default gives every row a value of its own on PostgreSQL %s",
  async (major) => {
    const { database } = await lifecycle({
      major,
      schema: SCHEMA,
      plan: "operations:\n  - add_column: { table: users, column: token, type: uuid, nullable: false, default: gen_random_uuid(), unique: true }",
      old: OLD,
      new: {
        table: "users",
        columns: { ...OLD.columns, token: (n) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}` },
        defaults: { token: new Unsure() },
      },
      link: { forward: () => ({ token: new Unsure() }), reverse: () => ({}), reads: [] },
      plainly: `alter table users add column token uuid not null default gen_random_uuid() unique`,
    });
    await database.query("insert into users (id, email) values (0, 'last')");
  },
);

test.each(MAJORS)(
  "add_column with a fill requires the column while the old version writes on PostgreSQL %s",
  async (major) => {
    await lifecycle({
      major,
      schema: SCHEMA,
      plan: "operations:\n  - add_column: { table: users, column: email_key, type: text, nullable: false, fill: lower(email), check: email_key = lower(email_key) }",
      old: OLD,
      new: { table: "users", columns: { ...OLD.columns, email_key: (n) => `key${n}` } },
      link: {
        forward: (old) => ({ email_key: String(old["email"]).toLowerCase() }),
        reverse: () => ({}),
        reads: ["email"],
        once: true,
      },
      plainly: `alter table users add column email_key text constraint users_email_key_check check (email_key = lower(email_key));
      update users set email_key = lower(email); alter table users alter email_key set not null`,
    });
  },
);
