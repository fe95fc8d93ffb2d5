import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

test.each(MAJORS)(
  "add_primary_key proves NOT NULL and takes over an index that was built beside the traffic on PostgreSQL %s",
  async (major) => {
    await lifecycle({
      major,
      schema: `
      create table users (id bigint not null unique, email text, tenant text default 'a', hits int not null default 0);
      insert into users select i, 'user' || i from generate_series(1, 1500) i`,
      plan: "operations:\n  - add_primary_key: { table: users, columns: [tenant, id] }",
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
      plainly: "alter table users add primary key (tenant, id)",
    });
  },
);

test.each(MAJORS)(
  "add_primary_key on a partitioned table builds on the leaves and attaches them on PostgreSQL %s",
  async (major) => {
    const fixed = { region: (id: number) => String(id % 3) };
    await lifecycle({
      major,
      schema: `
      create table visits (id bigint, region int not null, page text, hits int not null default 0, unique (id, region)) partition by list (region);
      create table visits_0 partition of visits for values in (0);
      create table visits_1 partition of visits for values in (1, 2);
      insert into visits select i, i % 3, 'p' || i from generate_series(1, 1500) i`,
      plan: "operations:\n  - add_primary_key: { table: visits, columns: [region, id] }",
      old: { table: "visits", columns: { page: (n) => `p${n}` }, fixed },
      new: { table: "visits", columns: { page: (n) => `q${n}` }, fixed },
      link: SAME,
      plainly: "alter table visits add primary key (region, id)",
    });
  },
);
