import { test } from "vitest";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME } from "../support/oracle.ts";
import { MAJORS } from "../support/postgres.ts";

test.each(MAJORS)("add_check is validated while everyone writes on PostgreSQL %s", async (major) => {
  await lifecycle({
    major,
    schema: `
      create table payments (id bigint primary key, amount int, currency text, hits int not null default 0);
      insert into payments select i, i, 'EUR' from generate_series(1, 1500) i`,
    plan: `
operations:
  - add_check: { table: payments, name: amount_positive, check: "amount > 0" }
  - add_check: { table: payments, name: currency_of_amount, check: "(amount is null) = (currency is null)" }
`,
    old: { table: "payments", columns: { amount: (n) => String(n), currency: () => "EUR" } },
    new: { table: "payments", columns: { amount: (n) => String(n), currency: () => "CHF" } },
    link: SAME,
    plainly: `
      alter table payments add constraint amount_positive check (amount > 0);
      alter table payments add constraint currency_of_amount check ((amount is null) = (currency is null))`,
  });
});
