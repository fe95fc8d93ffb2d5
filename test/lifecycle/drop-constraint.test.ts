import { expect, test } from "vitest";
import { createSegue } from "../../src/index.ts";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME } from "../support/oracle.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase } from "../support/postgres.ts";

const SCHEMA = `
  create table tenants (id int primary key);
  insert into tenants select generate_series(0, 9);
  create table users (id bigint primary key, email text constraint users_email_key unique, tenant int not null,
    hits int not null default 0, constraint has_email check (email <> ''),
    constraint users_tenant foreign key (tenant) references tenants on delete cascade);
  comment on constraint has_email on users is 'checked by the form too';
  comment on index users_email_key is 'one account each';
  insert into users select i, 'user' || i, i % 10 from generate_series(1, 1500) i`;

test.each(MAJORS)("drop_constraint keeps each definition to build it again on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: SCHEMA,
    plan: `
operations:
  - drop_constraint: { table: users, name: has_email }
  - drop_constraint: { table: users, name: users_tenant }
  - drop_constraint: { table: users, name: users_email_key }
`,
    old: { table: "users", columns: { email: (n) => `old${n}`, tenant: (n) => String(n % 10) } },
    new: { table: "users", columns: { email: (n) => `new${n}`, tenant: (n) => String(n % 10) } },
    link: SAME,
    plainly: `
      alter table users drop constraint has_email;
      alter table users drop constraint users_tenant;
      alter table users drop constraint users_email_key`,
  });
});

test.each(MAJORS)("drop_constraint of a partitioned table reaches every leaf on PostgreSQL %s", async (major) => {
  const fixed = { region: (id: number) => String(id % 3) };
  await lifecycle({
    major,
    schema: `
      create table tenants (id int primary key);
      insert into tenants select generate_series(0, 9);
      create table visits (id bigint, region int not null, tenant int, hits int not null default 0,
        primary key (id, region), constraint once unique (region, id),
        constraint visits_tenant foreign key (tenant) references tenants) partition by list (region);
      create table visits_0 partition of visits for values in (0);
      create table visits_1 partition of visits for values in (1, 2);
      insert into visits select i, i % 3, i % 10 from generate_series(1, 1500) i`,
    plan: `
operations:
  - drop_constraint: { table: visits, name: once }
  - drop_constraint: { table: visits, name: visits_tenant }
`,
    old: { table: "visits", columns: { tenant: (n) => String(n % 10) }, fixed },
    new: { table: "visits", columns: { tenant: (n) => String(n % 10) }, fixed },
    link: SAME,
    plainly: "alter table visits drop constraint once; alter table visits drop constraint visits_tenant",
  });
});

test.each(MAJORS)(
  "a reversal over rows that the constraint would not take is refused on PostgreSQL %s",
  async (major) => {
    const database = await testDatabase({ major, script: SCHEMA });
    const plans = await planFolder({
      "1_drop.yaml": `
operations:
  - drop_constraint: { table: users, name: has_email }
  - drop_constraint: { table: users, name: users_tenant }
  - drop_constraint: { table: users, name: users_email_key }`,
    });
    const segue = createSegue({ url: database.url, plans, env: {} });
    await segue.up(["drop"]);
    expect(await segue.contract("drop")).toMatchObject({ state: "completed" });
    await database.query("insert into users values (2001, '', 1), (2002, 'user1', 99)");

    await expect(segue.reverse("drop")).rejects.toMatchObject({
      code: "SEG0304",
      problems: [
        'constraint has_email of public.users comes back, and some rows don\'t hold to it: 1 rows, such as {"id": 2001}',
        'constraint users_tenant of public.users comes back, and some rows don\'t hold to it: 1 rows, such as {"id": 2002}',
        'constraint users_email_key of public.users comes back, and some rows don\'t hold to it: 1 rows, such as ["user1"]',
      ].map((message) => ({ message })),
      next: "repair the rows that nothing can accept, then segue reverse 1_drop",
    });
    expect((await segue.status("drop"))[0]?.state).toBe("completed");

    await database.query("delete from users where id > 2000");
    expect(await segue.reverse("drop")).toMatchObject({ state: "reversed" });
    await expect(database.query("insert into users values (2001, '', 1)")).rejects.toThrow("has_email");
  },
);
