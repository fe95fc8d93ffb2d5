import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME, type Version } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

const version = (word: string, fixed?: Version["fixed"]): Version => ({
  table: "orders",
  columns: { customer_id: (n) => (n % 11 === 0 ? null : String(1 + (n % 40))), note: (n) => `${word}${n}` },
  ...(fixed === undefined ? {} : { fixed }),
});
const customers = `
  create table customers (id int primary key, name text);
  insert into customers select i, 'customer ' || i from generate_series(1, 40) i;`;

test.each(MAJORS)("add_foreign_key is validated while both tables are written on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `${customers}
      create table orders (id bigint primary key, customer_id int, note text, hits int not null default 0);
      insert into orders select i, 1 + i % 40, 'n' from generate_series(1, 1500) i`,
    plan: `
operations:
  - add_foreign_key:
      table: orders
      columns: [customer_id]
      references: { table: customers, columns: [id], on_delete: set null, deferrable: true }
`,
    old: version("o"),
    new: version("n"),
    link: SAME,
    plainly: "alter table orders add foreign key (customer_id) references customers (id) on delete set null deferrable",
  });
});

test.each(MAJORS)(
  "add_foreign_key on a partitioned table is validated leaf by leaf on PostgreSQL %s",
  async (major) => {
    const fixed = { region: (id: number) => String(id % 3) };
    await lifecycle({
      major,
      schema: `${customers}
      create table orders (id bigint, region int not null, customer_id int, note text, hits int not null default 0, primary key (id, region)) partition by list (region);
      create table orders_0 partition of orders for values in (0);
      create table orders_1 partition of orders for values in (1, 2);
      insert into orders select i, i % 3, 1 + i % 40, 'n' from generate_series(1, 1500) i`,
      plan: `
operations:
  - add_foreign_key: { table: orders, name: orders_customer, columns: [customer_id], references: { table: customers, columns: [id] } }
`,
      old: version("o", fixed),
      new: version("n", fixed),
      link: SAME,
      plainly: "alter table orders add constraint orders_customer foreign key (customer_id) references customers (id)",
    });
  },
);
