import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createSegue } from "../../src/index.ts";
import { catalogDifference, catalogOf, leftBehind } from "../support/catalog-diff.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../support/postgres.ts";
import { SHOP } from "../support/shop.ts";

const plans = fileURLToPath(new URL("../../plans", import.meta.url));

const segueOf = (url: string) =>
  createSegue({ url, plans, cwd: plans, env: {}, actor: "test", settings: { contract: { soak: 0 } } });

const GIVEN: Readonly<Record<string, string>> = {
  customer_id: "1",
  amount_cents: "100",
  status: "'paid'",
  created_at: "now()",
  handle: "'new' || txid_current()",
  username: "'new' || txid_current()",
  email: "txid_current() || '@example.com'",
  full_name: "'Ada Lovelace'",
  first_name: "'Ada'",
  last_name: "'Lovelace'",
  fax: "''",
  is_paid: "true",
};

/** What the newest application version does: writes rows by the columns that it can see. */
async function write(shop: TestDatabase): Promise<void> {
  for (const table of ["customers", "orders"]) {
    const found = await shop.query<{ name: string }>(
      `select column_name as name from information_schema.columns
        where table_schema = 'public' and table_name = $1 and column_name = any ($2) order by ordinal_position`,
      [table, Object.keys(GIVEN)],
    );
    const names = found.map(({ name }) => name);
    await shop.query(
      `insert into ${table} (${names.join(", ")}) values (${names.map((name) => GIVEN[name]).join(", ")})`,
    );
  }
}

test("the example plans hold together", async () => {
  const { order } = await segueOf("postgres://nobody@localhost/nothing").check();
  expect(order.length).toBeGreaterThan(0);
});

for (const major of MAJORS) {
  test(
    `every example plan runs to its end on PostgreSQL ${major}, and is reversed without a trace before`,
    { timeout: 600_000 },
    async () => {
      const shop = await testDatabase({ major, script: SHOP });
      const segue = segueOf(shop.url);
      const { order } = await segue.check();
      for (const { id, gates } of order) {
        const before = await catalogOf(shop);
        const stood = await leftBehind(shop);
        const [up] = await segue.up([id]);
        expect(["ready", "completed"], id).toContain(up?.state);
        await write(shop);
        expect(await segue.reverse(id), id).toMatchObject({ state: "reversed" });
        // A value of an enum can't be dropped: it stays, and is said to.
        const stays = id.includes("add_enum_value") ? /^type public\.order_channel: type: labels changed/ : null;
        const differences = await catalogDifference(before, shop);
        expect(
          differences.filter((line) => stays?.test(line) !== true),
          id,
        ).toEqual([]);
        expect(await leftBehind(shop), id).toEqual(stood);

        const [again] = await segue.up([id]);
        if (again?.state === "completed") continue;
        for (const gate of gates) if (gate.kind === "approval") await segue.approve(id, gate.by);
        // The options beat the plan's own soak: without a word from a person it stays before the drop.
        if (again?.state === "ready")
          await segue.contract(id).catch((error: { code: string }) => expect(error.code, id).toBe("SEG0306"));
        await write(shop);
        expect(await segue.contract(id, { yes: true }), id).toMatchObject({ state: "completed" });
        await write(shop);
      }
      const [customer] = await shop.query("select * from customers order by id limit 1");
      expect(customer).toEqual({
        id: "1",
        email: "customer1@example.com",
        created_at: expect.any(Date) as Date,
        handle: "customer1",
        first_name: "First1",
        last_name: "Last1",
      });
      const unlike = await shop.query("select from customers where handle is null or first_name is null");
      expect(unlike).toEqual([]);
    },
  );
}
