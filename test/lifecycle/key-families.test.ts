import { expect, test } from "vitest";
import { createSegue, type Segue } from "../../src/index.ts";
import { catalogAfter, catalogDifference, catalogOf, leftBehind } from "../support/catalog-diff.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, type TestDatabase, testDatabase } from "../support/postgres.ts";

/** Keys and what references them, in the shapes in which they come. */
interface Family {
  readonly name: string;
  readonly schema: string;
  readonly plan: string;
  /** What the application writes after each cut-over. */
  readonly writes: readonly string[];
  /** The DDL that comes to the same. */
  readonly plainly: string;
}

const BIGINT = (table: string, column = "id"): string =>
  `operations:\n  - change_type: { table: ${table}, column: ${column}, type: bigint }`;

const FAMILIES: readonly Family[] = [
  {
    name: "a key of two columns that both change, referenced both ways",
    schema: `
      create table users (id serial primary key, name text);
      comment on index users_pkey is 'by number';
      comment on sequence users_id_seq is 'numbers';
      create table friends (user_id int references users on delete cascade,
        friend_id int references users on delete cascade deferrable initially deferred, since date default now(),
        primary key (user_id, friend_id), check (user_id <> friend_id), unique (friend_id, since));
      create index on friends (friend_id, user_id) include (since);
      create unique index by_friend on friends (friend_id, user_id);
      alter table friends cluster on friends_pkey;
      create table messages (id int primary key, user_id int, friend_id int,
        foreign key (user_id, friend_id) references friends (user_id, friend_id),
        foreign key (friend_id, user_id) references friends (friend_id, user_id));
      insert into users (name) select 'u' || i from generate_series(1, 50) i;
      insert into friends select i, i + 1, '2026-01-01'::date + i from generate_series(1, 49) i`,
    plan: BIGINT("users"),
    writes: [
      "insert into users (name) values ('x')",
      "insert into friends (user_id, friend_id, since) select max(id), 1, '2027-01-01'::date + max(id)::int from users",
      "delete from users where id = 7",
    ],
    plainly: `
      alter table users alter id type bigint;
      alter sequence users_id_seq as bigint;
      alter table friends alter user_id type bigint, alter friend_id type bigint;
      alter table messages alter user_id type bigint, alter friend_id type bigint`,
  },
  {
    name: "an identity whose sequence has settings, referenced by partitioned tables and by partitions",
    schema: `
      create table customers (id int generated always as identity (start 5 increment 3 cache 2) primary key, name text);
      grant select, usage on sequence customers_id_seq to pg_read_all_stats;
      comment on sequence customers_id_seq is 'by threes';
      create table payments (id int not null, customer_id int not null, at date not null, primary key (id, at),
        constraint pay_customer foreign key (customer_id) references customers) partition by range (at);
      create table payments_1 partition of payments for values from ('2025-01-01') to ('2026-01-01');
      create table payments_2 partition of payments for values from ('2026-01-01') to ('2027-01-01') partition by range (at);
      create table payments_2a partition of payments_2 for values from ('2026-01-01') to ('2026-06-01');
      create table payments_2b partition of payments_2 for values from ('2026-06-01') to ('2027-01-01');
      alter table payments_2b add constraint twice foreign key (customer_id) references customers on delete cascade;
      create table visits (customer_id int not null, at date not null) partition by range (at);
      create table visits_1 (like visits);
      alter table visits_1 add constraint visits_1_customer foreign key (customer_id) references customers;
      alter table visits attach partition visits_1 for values from ('2025-01-01') to ('2026-01-01');
      insert into customers (name) select 'c' from generate_series(1, 20);
      insert into payments select i, 5 + 3 * (i % 20), '2025-06-01'::date + i * 7 from generate_series(1, 70) i;
      insert into visits select 5, '2025-02-02' from generate_series(1, 10)`,
    plan: BIGINT("customers"),
    writes: [
      "insert into customers (name) values ('x')",
      "insert into payments (id, customer_id, at) select max(id) + 1, 5, '2026-07-07' from payments",
    ],
    plainly: `
      alter table customers alter id type bigint;
      alter table payments alter customer_id type bigint;
      alter table visits alter customer_id type bigint`,
  },
  {
    name: "a key of a partitioned table, referenced by a partitioned one",
    schema: `
      create table events (id int not null, at date not null, note text, constraint events_key primary key (id, at)) partition by range (at);
      create table events_1 partition of events for values from ('2025-01-01') to ('2026-01-01');
      create table events_2 partition of events for values from ('2026-01-01') to ('2027-01-01') partition by range (at);
      create table events_2a partition of events_2 for values from ('2026-01-01') to ('2026-06-01');
      create table events_2b partition of events_2 for values from ('2026-06-01') to ('2027-01-01');
      create table notes (id int primary key, event_id int, at date, foreign key (event_id, at) references events match full on update cascade);
      create table event_parts (event_id int, at date, n int, foreign key (event_id, at) references events) partition by range (at);
      create table event_parts_1 partition of event_parts for values from ('2025-01-01') to ('2027-01-01');
      insert into events select i, '2025-06-01'::date + i * 7 from generate_series(1, 70) i;
      insert into notes select id, id, at from events;
      insert into event_parts select id, at, 1 from events`,
    plan: BIGINT("events"),
    writes: ["insert into events (id, at) select max(id) + 1, '2026-08-08' from events"],
    plainly: `
      alter table notes alter event_id type bigint;
      alter table event_parts alter event_id type bigint;
      alter table events alter id type bigint`,
  },
  {
    name: "a renamed identity that is the replica identity, referenced by its own table",
    schema: `
      create table users (id int generated by default as identity primary key, boss int references users (id), name text,
        constraint positive check (id > 0));
      alter table users replica identity using index users_pkey;
      create index on users (id, name);
      create table posts (id bigserial primary key, "User" int not null references users on delete cascade);
      comment on constraint "posts_User_fkey" on posts is 'who';
      insert into users (name, boss) select 'u', 1 from generate_series(1, 50) i;
      insert into posts ("User") select i from generate_series(1, 49) i`,
    plan: 'operations:\n  - rename_column: { table: users, from: id, to: "User Id" }',
    writes: [
      "insert into users (name) values ('x')",
      'insert into posts ("User") select max("User Id") from users',
      'delete from users where "User Id" = 9',
    ],
    plainly: 'alter table users rename id to "User Id"',
  },
  {
    name: "a unique column that is no primary key, referenced with ON UPDATE CASCADE",
    schema: `
      create table users (id int primary key, code varchar(10) not null unique, mail text);
      create table logins (code varchar(10) references users (code) on update cascade, at timestamptz default now());
      create index on logins (code);
      insert into users select i, 'c' || i from generate_series(1, 50) i;
      insert into logins select 'c' || i from generate_series(1, 49) i`,
    plan: "operations:\n  - change_type: { table: users, column: code, type: text }",
    writes: ["update users set code = 'd' || code where id = (select max(id) from users where code like 'c%')"],
    plainly: "alter table logins alter code type text; alter table users alter code type text",
  },
  {
    name: "integers that become uuids by immutable expressions",
    schema: `
      create table users (id int primary key, name text);
      create table posts (id int, user_id int references users);
      insert into users select i from generate_series(1, 50) i;
      insert into posts select i, i from generate_series(1, 49) i`,
    plan: `operations:
  - change_type:
      table: users
      column: id
      type: uuid
      forward: "lpad(to_hex(id), 32, '0')::uuid"
      reverse: "('x' || right(id::text, 8))::bit(32)::int"`,
    writes: ["insert into users (id) values ('00000000-0000-0000-0000-0000000001ff') on conflict do nothing"],
    plainly: `
      alter table posts drop constraint posts_user_id_fkey;
      alter table users alter id type uuid using lpad(to_hex(id), 32, '0')::uuid;
      alter table posts alter user_id type uuid using lpad(to_hex(user_id), 32, '0')::uuid;
      alter table posts add constraint posts_user_id_fkey foreign key (user_id) references users`,
  },
  {
    name: "an identity that becomes random uuids, referenced by its own table, through other keys, late and in partitions",
    schema: `
      create table users (id int generated by default as identity primary key, boss int references users deferrable initially deferred,
        name text, check (id <> boss), unique (boss, name));
      comment on column users.id is 'who';
      create table invoices (user_id int references users on update cascade on delete cascade, number int, primary key (user_id, number));
      create table lines (id bigserial primary key, user_id int, number int, payer int references users on delete set null,
        constraint of_invoice foreign key (user_id, number) references invoices on update cascade on delete cascade);
      create index on lines (user_id) where number > 0;
      create table visits (user_id int not null references users, at date not null, who int references users deferrable) partition by range (at);
      create table visits_1 partition of visits for values from ('2025-01-01') to ('2026-01-01');
      create table visits_2 partition of visits for values from ('2026-01-01') to ('2027-01-01');
      insert into users (name) select 'u' || i from generate_series(1, 50) i;
      update users set boss = 1 + id % 3 where id > 3;
      insert into invoices select i, 1 from generate_series(1, 40) i;
      insert into lines (user_id, number, payer) select i, 1, 50 - i from generate_series(1, 40) i;
      insert into visits select i, '2025-12-12'::date + i, 50 - i from generate_series(1, 49) i`,
    plan: `operations:
  - change_type: { table: users, column: id, type: uuid, forward: gen_random_uuid() }`,
    writes: [
      "insert into users (name, boss) select 'x', id from users where name = 'u1' on conflict do nothing",
      "insert into invoices (user_id, number) select id, 2 from users where name = 'u2' on conflict do nothing",
      "insert into lines (user_id, number, payer) select user_id, 1, user_id from invoices limit 1",
      "delete from lines where id in (select min(id) from lines)",
    ],
    plainly: `
      alter table users drop constraint users_boss_fkey, alter id drop identity;
      alter table invoices drop constraint invoices_user_id_fkey;
      alter table lines drop constraint of_invoice, drop constraint lines_payer_fkey;
      alter table visits drop constraint visits_user_id_fkey, drop constraint visits_who_fkey;
      alter table users alter id type uuid using gen_random_uuid(), alter boss type uuid using null, alter id set default gen_random_uuid();
      truncate invoices, lines, visits;
      alter table invoices alter user_id type uuid using null;
      alter table lines alter user_id type uuid using null, alter payer type uuid using null;
      alter table visits alter user_id type uuid using null, alter who type uuid using null;
      alter table users add constraint users_boss_fkey foreign key (boss) references users deferrable initially deferred;
      alter table invoices add foreign key (user_id) references users on update cascade on delete cascade;
      alter table lines add foreign key (payer) references users on delete set null,
        add constraint of_invoice foreign key (user_id, number) references invoices on update cascade on delete cascade;
      alter table visits add foreign key (user_id) references users, add foreign key (who) references users deferrable`,
  },
  {
    name: "a primary key that other columns become",
    schema: `
      create table orders (id int primary key, tenant int, note text);
      comment on constraint orders_pkey on orders is 'the key';
      alter table orders cluster on orders_pkey;
      create table lines (order_id int not null references orders on delete cascade, n int, primary key (order_id, n));
      create table other (order_id int references orders (id)) partition by range (order_id);
      create table other_1 partition of other for values from (0) to (1000);
      insert into orders select i, i % 3 from generate_series(1, 50) i;
      insert into lines select i, 1 from generate_series(1, 49) i;
      insert into other select i from generate_series(1, 40) i`,
    plan: "operations:\n  - change_primary_key: { table: orders, columns: [tenant, id] }",
    writes: ["insert into orders (id, tenant) select max(id) + 1, 1 from orders", "delete from orders where id = 45"],
    plainly: `
      alter table lines drop constraint lines_order_id_fkey;
      alter table other drop constraint other_order_id_fkey;
      alter table orders alter tenant set not null, drop constraint orders_pkey;
      alter table orders add constraint orders_pkey primary key (tenant, id), add unique (id);
      alter table lines add constraint lines_order_id_fkey foreign key (order_id) references orders (id) on delete cascade;
      alter table other add constraint other_order_id_fkey foreign key (order_id) references orders (id);
      comment on constraint orders_pkey on orders is 'the key';
      alter table orders cluster on orders_pkey`,
  },
];

const CASES = MAJORS.flatMap((major) => FAMILIES.map((family) => ({ major, family, name: family.name })));

test.each(CASES)(
  "$name: there, back to ready, there, back, and to the end on PostgreSQL $major",
  { timeout: 240_000 },
  async ({ family, major }) => {
    const database = await testDatabase({ major, script: family.schema });
    const segue = createSegue({
      url: database.url,
      plans: await planFolder({ "1_key.yaml": family.plan }),
      env: {},
      settings: { contract: { soak: 0 } },
    });
    const before = await catalogOf(database);
    await segue.up(["1_key"]);
    const ready = await catalogOf(database);
    if ((await cutOver(segue)) === "soaking") {
      await write(database, family);
      expect(await segue.reverse("1_key", { to: "ready" })).toMatchObject({ state: "ready" });
      expect(await catalogDifference(ready, database)).toEqual([]);
      await cutOver(segue);
    }
    await write(database, family);
    expect(await segue.reverse("1_key")).toMatchObject({ state: "reversed" });
    expect(await catalogDifference(before, database)).toEqual([]);
    expect(await leftBehind(database)).toEqual([]);

    await segue.up(["1_key"]);
    expect(await segue.contract("1_key", { yes: true })).toMatchObject({ state: "completed" });
    await write(database, family);
    expect(await leftBehind(database)).toEqual([]);
    const wanted = await catalogAfter(major, family.schema, family.plainly);
    const differs = await catalogDifference(wanted, database);
    expect(differs.filter((line) => !line.includes("column order"))).toEqual([]);
  },
);

/** The state after the cut-over: nobody has said that the old shape may be dropped. */
async function cutOver(segue: Segue): Promise<string | undefined> {
  await segue.contract("1_key").catch((error: { code: string }) => expect(error.code).toBe("SEG0306"));
  return (await segue.status("1_key"))[0]?.state;
}

async function write(database: TestDatabase, { writes }: Family): Promise<void> {
  for (const statement of writes) await database.query(statement);
}
