import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import type { Value, Version } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

const schema = (legacy: string): string => `
  create table users (id bigint primary key, legacy ${legacy}, name text, hits int not null default 0);
  insert into users select i, 'legacy ' || i, 'user ' || i from generate_series(1, 1500) i`;
const versions = (legacy: (n: number) => Value): { old: Version; new: Version } => ({
  old: { table: "users", columns: { legacy, name: (n) => `old${n}` } },
  new: { table: "users", columns: { name: (n) => `new${n}` } },
});

test.each(MAJORS)(
  "drop_column hides a nullable column with its index before it goes on PostgreSQL %s",
  async (major) => {
    await lifecycle({
      major,
      schema: `${schema("text")}; create index users_legacy on users (legacy)`,
      plan: "operations:\n  - drop_column: { table: users, column: legacy }",
      ...versions((n) => (n % 3 === 0 ? null : `l${n}`)),
      link: { forward: () => ({}), reverse: () => ({ legacy: null }), writes: [] },
      plainly: "alter table users drop column legacy",
    });
  },
);

test.each(MAJORS)("drop_column with a fill keeps a required column required on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: schema("text not null"),
    plan: `operations:\n  - drop_column: { table: users, column: legacy, fill: "'of ' || name" }`,
    ...versions((n) => `l${n}`),
    link: { forward: () => ({}), reverse: (fresh) => ({ legacy: `of ${String(fresh["name"])}` }), writes: [] },
    plainly: "alter table users drop column legacy",
  });
});

test.each(MAJORS)(
  "drop_column without a fill asks for the missing values when it is taken back on PostgreSQL %s",
  async (major) => {
    await lifecycle({
      major,
      schema: schema("text constraint legacy_there not null"),
      plan: "operations:\n  - drop_column: { table: users, column: legacy }",
      ...versions((n) => `l${n}`),
      link: {
        forward: () => ({}),
        reverse: () => ({ legacy: null }),
        writes: [],
        afterReverse: (old) => ({ ...old, legacy: old["legacy"] ?? `gone ${String(old["name"])}` }),
      },
      reversal: { fill: "'gone ' || name" },
      plainly: "alter table users drop column legacy",
    });
  },
);
