import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

const SCHEMA = `
  create table users (id bigint primary key, note text, username text not null, hits int not null default 0);
  insert into users select i, 'note ' || i, 'user' || i from generate_series(1, 1500) i;
  create view people with (security_barrier, check_option = local) as
    select id, note, username, hits from users where username <> '';
  alter view people alter column note set default 'none';
  comment on column people.username is 'how people log in';
  grant select, update (username) on people to public;
  create view loud as select upper(username) as name, count(*) from people group by 1;
  create view "Odd ""View.Ä" ("Na me") as select username from users`;
const PLAN = "operations:\n  - rename_column: { table: users, from: username, to: handle }";
const VIEW = { table: "people", defaults: { note: "none" }, cannot: ["copy", "merge"] } as const;

test.each(MAJORS)(
  "an old version that reads and writes through a view goes on while a column of it is renamed on PostgreSQL %s",
  async (major) => {
    await lifecycle({
      major,
      schema: `${SCHEMA};
        create table badges (user_id bigint, username text);
        create view badged as select * from users join badges using (username)`,
      plan: PLAN,
      old: { ...VIEW, columns: { username: (n) => `old${n}`, note: (n) => `n${n}` } },
      new: { table: "users", columns: { handle: (n) => `new${n}`, note: (n) => `m${n}` } },
      link: { forward: (old) => ({ handle: old["username"]! }), reverse: (fresh) => ({ username: fresh["handle"]! }) },
    });
  },
);

test.each(MAJORS)(
  "a version that reads and writes through a view does so through the cut-over, the soak and the drop on PostgreSQL %s",
  async (major) => {
    await lifecycle({
      major,
      schema: SCHEMA,
      plan: PLAN,
      old: { table: "users", columns: { username: (n) => `old${n}`, note: (n) => `n${n}` } },
      new: { ...VIEW, columns: { username: (n) => `new${n}`, note: (n) => `m${n}` } },
      link: SAME,
      plainly: "alter table users rename username to handle",
    });
  },
);
