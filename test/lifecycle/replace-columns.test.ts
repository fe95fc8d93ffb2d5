import { expect, test } from "vitest";
import { createSegue } from "../../src/index.ts";
import { lifecycle } from "../support/lifecycle.ts";
import type { Row } from "../support/oracle.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase } from "../support/postgres.ts";

const words = (row: Row): string[] => String(row["full_name"]).split(" ");
const split = (old: Row): Row => ({
  first_name: words(old)[0]!,
  last_name: words(old).length > 1 ? words(old).slice(1).join(" ") : null,
});
const merge = (fresh: Row): Row => ({
  full_name: [fresh["first_name"], fresh["last_name"]].filter((part) => part !== null).join(" "),
});

test.each(MAJORS)("replace_columns splits a required column in two on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create table users (id bigint primary key, full_name text not null, note text, hits int not null default 0);
      create index on users (full_name);
      insert into users select i, 'First' || i || case when i % 4 = 0 then '' else ' Last ' || i end from generate_series(1, 1500) i`,
    plan: `
operations:
  - replace_columns:
      table: users
      add:
        first_name: { type: text, from: "split_part(full_name, ' ', 1)", nullable: false, check: first_name <> '', comment: given }
        last_name: { type: text, from: "nullif(substr(full_name, length(split_part(full_name, ' ', 1)) + 2), '')", collation: '"C"' }
      remove:
        full_name: { from: "concat_ws(' ', first_name, last_name)" }
  - create_index: { table: users, columns: [last_name] }
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
    link: { forward: split, reverse: merge },
    plainly: `
      alter table users drop column full_name, add column first_name text, add column last_name text collate "C";
      update users set first_name = 'x';
      alter table users add constraint users_first_name_check check (first_name <> ''), alter first_name set not null;
      comment on column users.first_name is 'given';
      create index on users (last_name)`,
  });
});

test.each(MAJORS)("replace_columns merges columns, with an index over both, on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create table users (id bigint primary key, first_name text not null, last_name text, hits int not null default 0,
        constraint named check (first_name <> '' or last_name <> ''));
      create index on users (last_name, first_name);
      insert into users select i, 'First' || i, case when i % 4 = 0 then null else 'Last ' || i end from generate_series(1, 1500) i`,
    plan: `
operations:
  - replace_columns:
      table: users
      add:
        full_name: { type: text, from: "concat_ws(' ', first_name, last_name)", nullable: false }
      remove:
        first_name: { from: "split_part(full_name, ' ', 1)" }
        last_name: { from: "nullif(substr(full_name, length(split_part(full_name, ' ', 1)) + 2), '')" }
`,
    old: {
      table: "users",
      columns: { first_name: (n) => `Ada${n}`, last_name: (n) => (n % 4 === 0 ? null : `van Old ${n}`) },
    },
    new: { table: "users", columns: { full_name: (n) => (n % 4 === 0 ? `Only${n}` : `Grace${n} New ${n}`) } },
    link: { forward: merge, reverse: split },
    plainly: `
      alter table users drop column first_name, drop column last_name, add column full_name text;
      update users set full_name = 'x'; alter table users alter full_name set not null`,
  });
});

test.each(MAJORS)(
  "replace_columns reshapes several columns into several, each pair by itself, on PostgreSQL %s",
  async (major) => {
    const minute = (n: number): string => String(n % 60);
    await lifecycle({
      major,
      schema: `
        create table shifts (id bigint, day int not null, hours int default 1, minutes int default 0,
          is_open int not null default 0, hits int not null default 0, primary key (id, day)) partition by list (day);
        create table shifts_0 partition of shifts for values in (0);
        create table shifts_1 (hits int not null default 0, is_open int not null default 0, minutes int default 0,
          hours int default 1, day int not null, id bigint not null);
        alter table shifts attach partition shifts_1 for values in (1);
        insert into shifts select i, i % 2, i % 24, i % 60, i % 2 from generate_series(1, 600) i`,
      plan: `
operations:
  - replace_columns:
      table: shifts
      add:
        total_minutes: { type: bigint, from: hours * 60 + minutes }
        state: { type: text, from: "case is_open when 1 then 'open' else 'shut' end", default: "'shut'", nullable: false, check: "state in ('open', 'shut')" }
      remove:
        hours: { from: (total_minutes / 60)::int }
        minutes: { from: (total_minutes % 60)::int }
        is_open: { from: "case state when 'open' then 1 else 0 end" }
`,
      old: {
        table: "shifts",
        columns: {
          hours: (n) => String(n % 24),
          minutes: (n) => minute(n),
          is_open: (n) => String(n % 2),
        },
        fixed: { day: (id) => String(id % 2) },
      },
      new: {
        table: "shifts",
        columns: { total_minutes: (n) => String(n % 1440), state: (n) => (n % 2 === 0 ? "open" : "shut") },
        fixed: { day: (id) => String(id % 2) },
      },
      link: {
        forward: (old) => ({
          total_minutes: String(Number(old["hours"]) * 60 + Number(old["minutes"])),
          state: old["is_open"] === "1" ? "open" : "shut",
        }),
        reverse: (fresh) => ({
          hours: String(Math.floor(Number(fresh["total_minutes"]) / 60)),
          minutes: String(Number(fresh["total_minutes"]) % 60),
          is_open: fresh["state"] === "open" ? "1" : "0",
        }),
      },
      plainly: `
        alter table shifts drop column hours, drop column minutes, drop column is_open;
        alter table shifts add column total_minutes bigint, add column state text not null default 'shut' constraint shifts_state_check check (state in ('open', 'shut'))`,
    });
  },
);

test.each(MAJORS)(
  "a default belongs to new writers until the cut-over, and to everybody from then on, on PostgreSQL %s",
  async (major) => {
    const database = await testDatabase({
      major,
      script: `create table doors (id int primary key, is_open boolean, side text);
               insert into doors values (1, true, 'left')`,
    });
    const plan = `
operations:
  - replace_columns:
      table: doors
      add:
        state: { type: text, from: "case when is_open then 'open' when not is_open then 'shut' end", default: "'shut'" }
        mark: { type: text, from: "upper(side) || is_open", default: "'none'" }
      remove:
        is_open: { from: "state = 'open'" }
        side: { from: "lower(mark)" }`;
    const segue = createSegue({
      url: database.url,
      plans: await planFolder({ "1_doors.yaml": plan }),
      env: {},
      settings: { contract: { soak: 0 } },
    });
    const doors = () => database.query("select id, state, mark from doors order by id");
    await segue.up(["1_doors"]);
    await database.query("insert into doors (id, is_open, side) values (2, null, null)");
    await database.query("insert into doors (id, mark) values (3, 'X')");
    await database.query("insert into doors (id) values (4)");
    const written = [
      { id: 1, state: "open", mark: "LEFTtrue" },
      { id: 2, state: null, mark: null },
      { id: 3, state: "shut", mark: "X" },
      { id: 4, state: null, mark: null },
    ];
    expect(await doors()).toEqual(written);
    await segue.contract("1_doors", { yes: true });
    await database.query("insert into doors (id) values (5)");
    expect(await doors()).toEqual([...written, { id: 5, state: "shut", mark: "none" }]);
  },
);

test.each(MAJORS)(
  "a completed replace_columns is taken back by one the other way round on PostgreSQL %s",
  async (major) => {
    const database = await testDatabase({
      major,
      script: `create table users (id int primary key, full_name text not null default 'A B');
             comment on column users.full_name is 'as typed';
             insert into users select i, 'First' || i || ' Last' || i from generate_series(1, 500) i`,
    });
    const plan = `
operations:
  - replace_columns:
      table: users
      add:
        first_name: { type: text, from: "split_part(full_name, ' ', 1)" }
        last_name: { type: text, from: "split_part(full_name, ' ', 2)" }
      remove: { full_name: { from: "concat_ws(' ', first_name, last_name)" } }`;
    const segue = createSegue({
      url: database.url,
      plans: await planFolder({ "1_split.yaml": plan }),
      env: {},
      settings: { contract: { soak: 0 } },
    });
    await segue.up(["1_split"]);
    await segue.contract("1_split", { yes: true });
    await database.query("insert into users (id, first_name, last_name) values (501, 'Ada', 'Lovelace')");
    await expect(segue.reverse("1_split")).rejects.toMatchObject({ code: "SEG0304" });
    let state = "";
    for (let run = 0; state !== "completed" && run < 5; run += 1) {
      const reversed = await segue
        .reverse("1_split", { accept: ["--lose-values"] })
        .catch((error: { code: string }) => {
          expect(error.code).toBe("SEG0306");
          return segue.contract("1_split~inverse", { yes: true });
        });
      ({ state } = reversed);
    }
    const [column] = await database.query(
      `select data_type, is_nullable, column_default, col_description('users'::regclass, ordinal_position) as comment
       from information_schema.columns where table_name = 'users' and column_name <> 'id'`,
    );
    expect(column).toEqual({
      data_type: "text",
      is_nullable: "NO",
      column_default: "'A B'::text",
      comment: "as typed",
    });
    const [last] = await database.query("select full_name from users where id = 501");
    expect(last).toEqual({ full_name: "Ada Lovelace" });
  },
);
