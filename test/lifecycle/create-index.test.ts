import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME, type Version } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

const SCHEMA = `
  create table users (id bigint primary key, email text not null, name text, hits int not null default 0);
  insert into users select i, 'User' || i, 'user ' || i from generate_series(1, 1500) i`;
const version = (word: string): Version => ({
  table: "users",
  columns: { email: (n) => `${word}${n}`, name: (n) => (n % 3 === 0 ? null : `n${n}`) },
});
const both = { old: version("Old"), new: version("New"), link: SAME };

test.each(MAJORS)("create_index builds while everyone writes on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: SCHEMA,
    plan: `
operations:
  - create_index: { table: users, columns: [{ column: name, order: desc, nulls: last }, email], include: [hits] }
  - create_index: { table: users, name: users_email_lower, columns: [{ expression: lower(email) }], where: name is not null }
  - create_index: { table: users, name: "Users E-mail", columns: [email], unique: true }
`,
    ...both,
    plainly: `
      create index users_name_email_hits_idx on users (name desc nulls last, email) include (hits);
      create index users_email_lower on users (lower(email)) where name is not null;
      create unique index "Users E-mail" on users (email)`,
  });
});

test.each(MAJORS)(
  "create_index on a partitioned table builds on the leaves and attaches them on PostgreSQL %s",
  async (major) => {
    const fixed = { region: (id: number) => String(id % 3) };
    await lifecycle({
      major,
      schema: `
      create table visits (id bigint, region int not null, page text, hits int not null default 0, primary key (id, region)) partition by list (region);
      create table visits_0 partition of visits for values in (0);
      create table visits_1 partition of visits for values in (1) partition by range (id);
      create table visits_1_all partition of visits_1 default;
      create table visits_2 partition of visits for values in (2);
      create index visits_0_there_before on visits_0 (page);
      insert into visits select i, i % 3, '/' || i from generate_series(1, 1500) i`,
      plan: "operations:\n  - create_index: { table: visits, name: visits_page, columns: [page, hits] }",
      old: { table: "visits", columns: { page: (n) => `/old/${n}` }, fixed },
      new: { table: "visits", columns: { page: (n) => `/new/${n}` }, fixed },
      link: SAME,
      plainly: "create index visits_page on visits (page, hits)",
    });
  },
);
