import { expect, test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import type { Row } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

const split = (old: Row): Row => ({
  address: old["email"]!,
  first: String(old["name"]).split(" ")[0]!,
  rest: String(old["name"]).split(" ")[1]!,
});
const merge = (fresh: Row): Row => ({
  email: fresh["address"]!,
  name: `${String(fresh["first"])} ${String(fresh["rest"])}`,
});

test.each(MAJORS)(
  "columns of one table that are renamed, retyped and reshaped in one plan share a trigger and a pass on PostgreSQL %s",
  async (major) => {
    const { events } = await lifecycle({
      major,
      schema: `
        create table users (id bigint primary key, email text, age int, name text, hits int not null default 0);
        create index on users (email);
        insert into users select i, 'u' || i || '@example.org', i % 90, 'First' || i || ' Last' || i from generate_series(1, 800) i`,
      plan: `
operations:
  - rename_column: { table: users, from: email, to: address }
  - change_type: { table: users, column: age, type: bigint }
  - replace_columns:
      table: users
      add:
        first: { type: text, from: "split_part(name, ' ', 1)" }
        rest: { type: text, from: "split_part(name, ' ', 2)" }
      remove: { name: { from: "concat_ws(' ', first, rest)" } }`,
      old: {
        table: "users",
        columns: { email: (n) => `old${n}`, age: (n) => String(n % 90), name: (n) => `Ada${n} Old${n}` },
        named: false,
      },
      new: {
        table: "users",
        columns: {
          address: (n) => `new${n}`,
          age: (n) => String(n % 90),
          first: (n) => `Eve${n}`,
          rest: (n) => `New${n}`,
        },
        named: false,
      },
      link: { forward: split, reverse: merge },
      plainly: `
        alter table users rename email to address;
        alter table users alter age type bigint, drop column name, add column first text, add column rest text`,
    });
    // Four times to the end of the backfill or further: a fill each time.
    const fills = events.filter((event) => event.type === "step_done" && event.title.startsWith("fill "));
    const rounds = events.filter((event) => event.type === "state" && event.state === "backfilling");
    expect(fills).toHaveLength(rounds.length);
  },
);
