import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import type { Row } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

const split = (old: Row): Row => {
  const words = String(old["full_name"]).split(" ");
  return { first_name: words[0]!, last_name: words.length > 1 ? words.slice(1).join(" ") : null };
};
const join = (fresh: Row): Row => ({
  full_name: [fresh["first_name"], fresh["last_name"]].filter((part) => part !== null).join(" "),
});

test.each(MAJORS)("explicit phases split a name in two on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create table users (id bigint primary key, full_name text not null, note text, hits int not null default 0);
      insert into users select i, 'First' || i || case when i % 4 = 0 then '' else ' Last ' || i end from generate_series(1, 1500) i`,
    plan: `
expand:
  - add_column: { table: users, column: first_name, type: text }
  - add_column: { table: users, column: last_name, type: text }
  - sync:
      table: users
      forward:
        first_name: split_part(full_name, ' ', 1)
        last_name: nullif(substr(full_name, length(split_part(full_name, ' ', 1)) + 2), '')
      reverse:
        full_name: concat_ws(' ', first_name, last_name)
backfill:
  - fill: { table: users }
  - create_index: { table: users, columns: [last_name] }
contract:
  - drop_column: { table: users, column: full_name }
`,
    old: {
      table: "users",
      columns: { full_name: (n) => (n % 4 === 0 ? `Only${n}` : `Ada${n} van Old ${n}`), note: (n) => `n${n}` },
    },
    new: {
      table: "users",
      columns: {
        first_name: (n) => `Grace ${n}`,
        last_name: (n) => (n % 4 === 0 ? null : `New ${n}`),
        note: (n) => `m${n}`,
      },
    },
    link: { forward: split, reverse: join },
    plainly: `
      alter table users drop column full_name, add column first_name text, add column last_name text;
      create index on users (last_name)`,
  });
});
