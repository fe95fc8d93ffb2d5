import { expect, test } from "vitest";
import { createSegue, type Segue } from "../../src/index.ts";
import { planFolder } from "../support/plan-folder.ts";
import { testDatabase, type TestDatabase } from "../support/postgres.ts";

const SCHEMA = `
create table customers (id int primary key, email text not null);
create table orders (id int primary key, status text, note text, email text);
create index orders_status_note on orders (status, note);
insert into customers values (1, 'a@example.org');
insert into orders select n, 'open', 'n' || n, 'a@example.org' from generate_series(1, 10) n;`;

const RENAME_STATUS = "operations: [rename_column: { table: orders, from: status, to: state }]";

async function shop(files: Readonly<Record<string, string>>): Promise<{ database: TestDatabase; segue: Segue }> {
  const database = await testDatabase({ script: SCHEMA });
  const plans = await planFolder(files);
  const segue = createSegue({ url: database.url, plans, cwd: plans, env: {}, settings: { contract: { soak: 0 } } });
  return { database, segue };
}

const READERS = {
  "the fill of a new column":
    "operations: [add_column: { table: orders, column: slug, type: text, fill: lower(status) }]",
  "one way of a sync": `
expand:
  - add_column: { table: orders, column: open, type: boolean }
  - sync: { table: orders, forward: { open: status = 'open' } }
backfill: [fill: { table: orders }]`,
  "a fill of its own": "backfill: [fill: { table: orders, set: { note: note || status } }]",
  "an index over two columns": "operations: [rename_column: { table: orders, from: note, to: remark }]",
};

test.each(Object.entries(READERS))("a column that %s reads is not renamed meanwhile", async (_, reader) => {
  const { database, segue } = await shop({ "1_rename.yaml": RENAME_STATUS, "2_read.yaml": reader });
  await segue.expand("read");
  await expect(segue.expand("rename")).rejects.toMatchObject({
    code: "SEG0105",
    message: expect.stringMatching(/^the rollout of 2_read \(expanded\) (reads|works on) public.orders/) as string,
  });
  await segue.reverse("read");
  await segue.up(["rename"]);
  await expect(segue.expand("read")).rejects.toMatchObject({
    code: "SEG0105",
    message: expect.stringMatching(
      /^the rollout of 1_rename \(ready\) works on public.orders.status, which 2_read reads/,
    ) as string,
  });
  await segue.contract("rename", { yes: true });
  await database.query("insert into orders (id, state) values (11, 'new')");
});

test("a column that a rollout adds is not read by another, which would outlive it", async () => {
  const { segue } = await shop({
    "1_rename.yaml": RENAME_STATUS,
    "2_read.yaml": "operations: [add_column: { table: orders, column: slug, type: text, fill: lower(state) }]",
  });
  await segue.up(["rename"]);
  await expect(segue.expand("read")).rejects.toMatchObject({ code: "SEG0105", object: "public.orders.state" });
});

test("a sub-select keeps the columns of its tables, and leaves their others alone", async () => {
  const { segue } = await shop({
    "1_link.yaml": `
operations:
  - add_column:
      { table: orders, column: customer_id, type: int, fill: (select c.id from customers c where c.email = orders.email) }`,
    "2_email.yaml": "operations: [rename_column: { table: customers, from: email, to: address }]",
    "3_name.yaml": "operations: [add_column: { table: customers, column: name, type: text, fill: \"'x'\" }]",
  });
  await segue.up(["link"]);
  await expect(segue.expand("email")).rejects.toMatchObject({ code: "SEG0105", object: "public.customers.email" });
  expect(await segue.up(["name"])).toMatchObject([{ state: "ready" }]);
});

test("two rollouts may read the same column", async () => {
  const { segue } = await shop({
    "1_slug.yaml": "operations: [add_column: { table: orders, column: slug, type: text, fill: lower(status) }]",
    "2_shout.yaml": "operations: [add_column: { table: orders, column: shout, type: text, fill: upper(status) }]",
  });
  expect(await segue.up(["slug", "shout"])).toMatchObject([{ state: "ready" }, { state: "ready" }]);
});
