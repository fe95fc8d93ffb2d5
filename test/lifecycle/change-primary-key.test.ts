import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

test.each(MAJORS)(
  "change_primary_key moves the key while everyone writes, and foreign keys stay on the old one on PostgreSQL %s",
  async (major) => {
    const version = (word: string) => ({
      table: "users",
      columns: { name: (n: number) => `${word}${n}`, tenant: (n: number) => `t${n % 3}` },
      defaults: { tenant: "a" },
    });
    await lifecycle({
      major,
      schema: `
      create table users (id bigint primary key, name text, tenant text default 'a', hits int not null default 0);
      create table posts (id bigint, user_id bigint references users on delete cascade);
      insert into users select i, 'user' || i from generate_series(1, 400) i;
      insert into posts select i, i from generate_series(1, 400) i`,
      plan: "operations:\n  - change_primary_key: { table: users, columns: [tenant, id] }",
      old: version("old"),
      new: version("new"),
      link: SAME,
      plainly: `
      alter table posts drop constraint posts_user_id_fkey;
      alter table users alter tenant set not null, drop constraint users_pkey;
      alter table users add constraint users_pkey primary key (tenant, id), add unique (id);
      alter table posts add constraint posts_user_id_fkey foreign key (user_id) references users (id) on delete cascade`,
    });
  },
);
