import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { type Link, SAME, Unsure } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

/** What a row gets that leaves the status out: the old default, from `ready` on the new one, in between either. */
const DEFAULTED: Link = {
  ...SAME,
  stored(row, filled) {
    if (row["status"] !== null) return row;
    const status = { no: "trial", maybe: new Unsure(["trial", "free"]), yes: "free" }[filled];
    return { ...row, status };
  },
};

test.each(MAJORS)("set_default gives new rows another value on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create table users (id bigint primary key, name text, status text not null default 'trial', hits int not null default 0);
      insert into users (id) select generate_series(1, 1500)`,
    plan: `operations:\n  - set_default: { table: users, column: status, default: "lower('FREE')" }`,
    old: { table: "users", columns: { name: (n) => `n${n}`, status: (n) => `old${n}` }, defaults: { status: null } },
    new: { table: "users", columns: { name: (n) => `m${n}`, status: (n) => `new${n}` }, defaults: { status: null } },
    link: DEFAULTED,
    plainly: "alter table users alter status set default lower('FREE')",
  });
});

test.each(MAJORS)("set_default reaches every partition on PostgreSQL %s", async (major) => {
  const fixed = { region: (id: number) => String(id % 3) };
  await lifecycle({
    major,
    schema: `
      create table visits (id bigint, region int not null, name text, status text default 'trial', hits int not null default 0,
        primary key (id, region)) partition by list (region);
      create table visits_0 partition of visits (status default 'none') for values in (0);
      create table visits_1 partition of visits for values in (1, 2);
      insert into visits select i, i % 3, 'user ' || i, 'user' || i from generate_series(1, 1500) i`,
    plan: `operations:\n  - set_default: { table: visits, column: status, default: "'free'" }`,
    old: {
      table: "visits",
      columns: { name: (n) => `n${n}`, status: (n) => `old${n}` },
      fixed,
      defaults: { status: null },
    },
    new: {
      table: "visits",
      columns: { name: (n) => `m${n}`, status: (n) => `new${n}` },
      fixed,
      defaults: { status: null },
    },
    link: DEFAULTED,
    plainly: "alter table visits alter status set default 'free'",
  });
});
