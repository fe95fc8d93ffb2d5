import { describe, expect, test } from "vitest";
import { MAJORS } from "../support/postgres.ts";
import { sqlstateOfQuery, syncedTable, type SyncedTable } from "./synced-table.ts";

describe.each(MAJORS)("expressions that fail on PostgreSQL %i", (major) => {
  const amounts = (forward = "(amount::numeric * 100)::bigint"): Promise<SyncedTable> =>
    syncedTable({
      major,
      script: `
        CREATE TABLE payments (id int PRIMARY KEY, amount text, note text);
        INSERT INTO payments VALUES (1, '1.50'), (2, 'free');
        ALTER TABLE payments ADD COLUMN cents bigint;`,
      sync: {
        table: "payments",
        forward: { cents: forward },
        reverse: { amount: "(cents / 100.0)::numeric(20, 2)::text" },
      },
    });
  const rows = async (table: SyncedTable): Promise<unknown[]> =>
    (await table.query("SELECT amount, cents FROM payments ORDER BY id")).map((row) => Object.values(row));

  test("a forward that raises leaves the write alone: no value on the new side, and the row quarantined", async () => {
    const payments = await amounts();
    await payments.query("INSERT INTO payments (id, amount) VALUES (3, 'lots'), (4, '2')");
    await payments.query("UPDATE payments SET amount = 'none' WHERE id = 1");
    await payments.query("UPDATE payments SET amount = 'still none' WHERE id = 1");
    expect(await rows(payments)).toEqual([
      ["still none", null],
      ["free", null],
      ["lots", null],
      ["2", "200"],
    ]);
    expect(await payments.quarantined()).toEqual([
      { key: { id: 3 }, sqlstate: "22P02" },
      { key: { id: 1 }, sqlstate: "22P02" },
    ]);
    // Put right by the application.
    await payments.query("UPDATE payments SET amount = '3' WHERE id = 1");
    expect((await rows(payments))[0]).toEqual(["3", "300"]);
  });

  test("a write that is rolled back quarantines nothing", async () => {
    const payments = await amounts();
    await payments.query("BEGIN; INSERT INTO payments (id, amount) VALUES (3, 'lots'); ROLLBACK");
    expect(await payments.quarantined()).toEqual([]);
  });

  test("a row without a primary key is quarantined by its values", async () => {
    const table = await syncedTable({
      major,
      script: "CREATE TABLE loose (amount text, cents int)",
      sync: { table: "loose", forward: { cents: "amount::int" } },
    });
    await table.query("INSERT INTO loose VALUES ('x'), ('x'), ('y')");
    expect(await table.quarantined()).toMatchObject([{ key: { row: expect.any(String) as string } }, {}]);
  });

  test("what passes with time is raised, so that the application tries again", async () => {
    const raise = (state: string): string =>
      `CREATE OR REPLACE FUNCTION weigh(t text) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'busy' USING ERRCODE = '${state}'; END $$`;
    const payments = await syncedTable({
      major,
      script: `${raise("40001")}; CREATE TABLE payments (id int PRIMARY KEY, amount text); ALTER TABLE payments ADD COLUMN cents bigint`,
      sync: { table: "payments", forward: { cents: "weigh(amount)" } },
    });
    for (const state of ["40001", "40P01", "55P03", "53200", "57014", "57P01", "XX001"]) {
      await payments.database.query(raise(state));
      expect(await sqlstateOfQuery(payments.query("INSERT INTO payments VALUES (1, 'x')")), state).toBe(state);
    }
    await payments.database.query(raise("P0001"));
    await payments.query("INSERT INTO payments VALUES (1, 'x')");
    expect(await payments.quarantined()).toEqual([{ key: { id: 1 }, sqlstate: "P0001" }]);
  });

  test("a lock that an expression waits for in vain fails the write, as it would without the sync", async () => {
    const payments = await syncedTable({
      major,
      script: `CREATE TABLE rates (id int PRIMARY KEY, rate int); INSERT INTO rates VALUES (1, 7);
        CREATE FUNCTION rate() RETURNS int LANGUAGE sql AS 'SELECT rate FROM rates WHERE id = 1 FOR UPDATE';
        CREATE TABLE payments (id int PRIMARY KEY, amount int); ALTER TABLE payments ADD COLUMN cents int`,
      sync: { table: "payments", forward: { cents: "amount * rate()" } },
    });
    const other = await payments.database.connect();
    await other.query("BEGIN; UPDATE rates SET rate = 8");
    await payments.query("SET lock_timeout = '20ms'");
    expect(await sqlstateOfQuery(payments.query("INSERT INTO payments VALUES (1, 2)"))).toBe("55P03");
    await other.query("COMMIT");
    await payments.query("INSERT INTO payments VALUES (1, 2)");
    expect(await payments.query("SELECT cents FROM payments")).toEqual([{ cents: 16 }]);
  });

  test("a new value that the old side can't hold is stored, with nothing beside it", async () => {
    const orders = await syncedTable({
      major,
      script: "CREATE TABLE orders (id int PRIMARY KEY, customer int); ALTER TABLE orders ADD COLUMN customer2 bigint",
      sync: { table: "orders", forward: { customer2: "customer" }, reverse: { customer: "customer2" } },
    });
    const values = async (): Promise<unknown[]> =>
      (await orders.query("SELECT customer, customer2 FROM orders ORDER BY id")).map((row) => Object.values(row));
    await orders.query("INSERT INTO orders (id, customer2) VALUES (1, 2147483647), (2, 2147483648), (3, -2147483649)");
    await orders.query("INSERT INTO orders (id, customer) VALUES (4, 7)");
    await orders.query("UPDATE orders SET customer2 = customer2 + 5000000000 WHERE id = 4");
    expect(await values()).toEqual([
      [2147483647, "2147483647"],
      [null, "2147483648"],
      [null, "-2147483649"],
      [null, "5000000007"],
    ]);
    expect(await orders.mismatches()).toBe(0);
    expect(await orders.quarantined()).toEqual([]);
    await orders.query("UPDATE orders SET customer = 8 WHERE id = 4");
    expect((await values())[3]).toEqual([8, "8"]);
  });

  test("a reverse that raises leaves the write alone and is counted, but nothing waits for it", async () => {
    const orders = await syncedTable({
      major,
      script: "CREATE TABLE orders (id int PRIMARY KEY, code varchar(3)); ALTER TABLE orders ADD COLUMN label text",
      sync: { table: "orders", forward: { label: "code" }, reverse: { code: "label" } },
    });
    await orders.query("INSERT INTO orders (id, label) VALUES (1, 'abc'), (2, 'abcd')");
    expect(await orders.query("SELECT code, label FROM orders ORDER BY id")).toEqual([
      { code: "abc", label: "abc" },
      { code: null, label: "abcd" },
    ]);
    expect(await orders.mismatches()).toBe(0);
    expect(await orders.quarantined()).toEqual([]);
    expect(await orders.witnesses()).toEqual(["unrepresentable"]);
  });

  test("an insert of both sides in agreement keeps them, where deriving the old one again would lose something", async () => {
    const payments = await amounts();
    await payments.query(
      "INSERT INTO payments (id, amount, cents) VALUES (3, '1.5', 150), (4, '1.5', 151), (5, 'x', 152)",
    );
    expect((await rows(payments)).slice(2)).toEqual([
      ["1.5", "150"],
      ["1.51", "151"],
      ["1.52", "152"],
    ]);
    expect(await payments.quarantined()).toEqual([]);
  });

  test("a value that no row needs is left out by its fill, and one that raises fills nothing else wrong", async () => {
    const users = await syncedTable({
      major,
      script: `CREATE TABLE users (id int PRIMARY KEY, born text, note text); ALTER TABLE users ADD COLUMN year int, ADD COLUMN status text`,
      sync: { table: "users", fill: { year: "born::int", status: "'new'" } },
    });
    await users.query("INSERT INTO users (id, born) VALUES (1, '1999'), (2, 'long ago'), (3, NULL)");
    await users.query("INSERT INTO users (id, born, year, status) VALUES (4, '1999', 2000, 'old')");
    await users.query("UPDATE users SET status = NULL WHERE id = 4");
    expect(await users.query("SELECT year, status FROM users ORDER BY id")).toEqual([
      { year: 1999, status: "new" },
      { year: null, status: "new" },
      { year: null, status: "new" },
      { year: 2000, status: "new" },
    ]);
    expect(await users.quarantined()).toEqual([{ key: { id: 2 }, sqlstate: "22P02" }]);
  });
});
