import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { type Link, SAME, Unsure } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

const SCHEMA = `
  create table users (id bigint primary key, email text, name text, hits int not null default 0);
  insert into users select i, case when i % 3 > 0 then 'user' || i end, 'user ' || i from generate_series(1, 1500) i`;
const VALUE = "nobody";

/** A missing e-mail is filled: not before the rollout, perhaps while it gets ready, surely from then on. */
const FILLED: Link = {
  ...SAME,
  stored(row, filled) {
    const { email } = row;
    if (email !== null && !(email instanceof Unsure)) return row;
    if (filled === "no") return row;
    return { ...row, email: filled === "yes" ? VALUE : new Unsure([null, VALUE]) };
  },
};

test.each(MAJORS)("set_not_null with a fill is done before the new version comes on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: SCHEMA,
    plan: `operations:\n  - set_not_null: { table: users, column: email, fill: "'${VALUE}'" }`,
    old: {
      table: "users",
      columns: { email: (n) => (n % 3 === 0 ? null : `old${n}`), name: (n) => `n${n}` },
      defaults: { email: null },
    },
    new: { table: "users", columns: { email: (n) => `new${n}`, name: (n) => `m${n}` } },
    link: FILLED,
    plainly: "update users set email = '' where email is null; alter table users alter email set not null",
  });
});

test.each(MAJORS)("set_not_null without a fill waits for the contract on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `${SCHEMA}; update users set email = 'user' || id`,
    plan: "operations:\n  - set_not_null: { table: users, column: email }",
    old: { table: "users", columns: { email: (n) => `old${n}`, name: (n) => `n${n}` } },
    new: { table: "users", columns: { email: (n) => `new${n}`, name: (n) => `m${n}` } },
    link: SAME,
    plainly: "alter table users alter email set not null",
  });
});

test.each(MAJORS)("set_not_null on a partitioned table holds for every leaf on PostgreSQL %s", async (major) => {
  const fixed = { region: (id: number) => String(id % 3) };
  await lifecycle({
    major,
    schema: `
      create table visits (id bigint, region int not null, email text, name text, hits int not null default 0,
        primary key (id, region)) partition by list (region);
      create table visits_0 partition of visits for values in (0);
      create table visits_1 partition of visits for values in (1, 2);
      insert into visits select i, i % 3, case when i % 5 > 0 then 'user' || i end from generate_series(1, 1500) i`,
    plan: `operations:\n  - set_not_null: { table: visits, column: email, fill: "'${VALUE}'" }`,
    old: { table: "visits", columns: { email: (n) => (n % 3 === 0 ? null : `old${n}`), name: (n) => `n${n}` }, fixed },
    new: { table: "visits", columns: { email: (n) => `new${n}`, name: (n) => `m${n}` }, fixed },
    link: FILLED,
    plainly: "update visits set email = '' where email is null; alter table visits alter email set not null",
  });
});
