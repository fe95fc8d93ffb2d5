import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { type Link, SAME } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

const VALUE = "nobody";

/** A reversal fills the NULLs that the new version wrote, because the column must not hold them then. */
const REFILLED: Link = { ...SAME, afterReverse: (row) => ({ ...row, email: row["email"] ?? VALUE }) };

test.each(MAJORS)("drop_not_null lets the new version leave a column empty on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create table users (id bigint primary key, email text not null, name text, hits int not null default 0);
      insert into users select i, 'user' || i, 'user ' || i from generate_series(1, 1500) i`,
    plan: "operations:\n  - drop_not_null: { table: users, column: email }",
    old: { table: "users", columns: { email: (n) => `old${n}`, name: (n) => `n${n}` } },
    new: {
      table: "users",
      columns: { email: (n) => (n % 3 === 0 ? null : `new${n}`), name: (n) => `m${n}` },
      defaults: { email: null },
    },
    link: REFILLED,
    plainly: "alter table users alter email drop not null",
    reversal: { fill: `'${VALUE}'` },
  });
});

test.each(MAJORS)("drop_not_null reaches every partition on PostgreSQL %s", async (major) => {
  const fixed = { region: (id: number) => String(id % 3) };
  await lifecycle({
    major,
    schema: `
      create table visits (id bigint, region int not null, email text not null, hits int not null default 0,
        primary key (id, region)) partition by list (region);
      create table visits_0 partition of visits for values in (0);
      create table visits_1 partition of visits for values in (1, 2);
      insert into visits select i, i % 3, 'user' || i from generate_series(1, 1500) i`,
    plan: "operations:\n  - drop_not_null: { table: visits, column: email }",
    old: { table: "visits", columns: { email: (n) => `old${n}` }, fixed },
    new: { table: "visits", columns: { email: (n) => (n % 3 === 0 ? null : `new${n}`) }, fixed },
    link: REFILLED,
    plainly: "alter table visits alter email drop not null",
    reversal: { fill: `'${VALUE}'` },
  });
});
