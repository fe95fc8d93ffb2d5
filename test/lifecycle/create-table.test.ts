import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { MAJORS } from "../support/postgres.ts";

test.each(MAJORS)("create_table stands beside the tables in use on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create table customers (id bigint primary key, name text not null, hits int not null default 0);
      insert into customers select i, 'customer ' || i from generate_series(1, 1000) i`,
    plan: `
operations:
  - create_table:
      table: orders
      columns:
        id: { type: bigint }
        customer_id: { type: bigint, nullable: false, references: { table: customers, columns: [id], on_delete: cascade } }
        amount: { type: "numeric(10,2)", nullable: false, default: 0, check: amount >= 0 }
        hits: { type: int, nullable: false, default: 0 }
      primary_key: [id]
  - create_index: { table: orders, name: orders_customer, columns: [customer_id] }
`,
    old: { table: "customers", columns: { name: (n) => `customer ${n}` } },
    new: {
      table: "orders",
      columns: { customer_id: (n) => String(1 + (n % 3)), amount: (n) => `${n}.50` },
      defaults: { amount: "0.00" },
    },
    link: null,
    reversal: { accept: ["--drop-data"] },
    plainly: `
      create table orders (id bigint, customer_id bigint not null references customers (id) on delete cascade,
        amount numeric(10,2) not null default 0 check (amount >= 0), hits int not null default 0, primary key (id));
      create index orders_customer on orders (customer_id)`,
  });
});
