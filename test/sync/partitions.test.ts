import { describe, expect, test } from "vitest";
import { MAJORS } from "../support/postgres.ts";
import { sqlstateOfQuery, syncedTable, type SyncedTable } from "./synced-table.ts";

const EVENTS = `
  CREATE TABLE events (id int, day int, amount text, note text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
  CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (1) TO (10);
  CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (10) TO (20) PARTITION BY LIST (day);
  CREATE TABLE events_2a PARTITION OF events_2 FOR VALUES IN (11, 12);
  CREATE TABLE events_rest PARTITION OF events DEFAULT;
  INSERT INTO events VALUES (1, 1, '1.50'), (2, 11, '2.5'), (3, 99, '3');
  ALTER TABLE events ADD COLUMN cents bigint;`;
const CENTS = {
  table: "events",
  forward: { cents: "(amount::numeric * 100)::bigint" },
  reverse: { amount: "(cents / 100.0)::numeric(20, 2)::text" },
};

describe.each(MAJORS)("partitioned tables on PostgreSQL %i", (major) => {
  const events = async (): Promise<SyncedTable> => await syncedTable({ major, script: EVENTS, sync: CENTS });
  const rows = async (table: SyncedTable): Promise<unknown[]> =>
    (await table.query("SELECT id, tableoid::regclass::text, amount, cents FROM events ORDER BY id")).map((row) =>
      Object.values(row),
    );

  test("every partition is synced: through the parent, directly, and one that is made later", async () => {
    const table = await events();
    await table.query("CREATE TABLE events_2b PARTITION OF events_2 FOR VALUES IN (13)");
    await table.query(
      "INSERT INTO events (id, day, amount) VALUES (11, 2, '1'), (12, 12, '2'), (13, 13, '3'), (14, 50, '4')",
    );
    await table.query("INSERT INTO events_2b (id, day, cents) VALUES (15, 13, 500)");
    await table.query(
      "CREATE TABLE apart (LIKE events INCLUDING ALL); INSERT INTO apart VALUES (16, 30, '6', NULL, 600)",
    );
    await table.query(
      "ALTER TABLE events DETACH PARTITION events_rest; ALTER TABLE events ATTACH PARTITION apart DEFAULT",
    );
    await table.query("UPDATE apart SET amount = '7'");
    expect((await rows(table)).slice(2)).toEqual([
      [11, "events_1", "1", "100"],
      [12, "events_2a", "2", "200"],
      [13, "events_2b", "3", "300"],
      [15, "events_2b", "5.00", "500"],
      [16, "apart", "7", "700"],
    ]);
  });

  test("a row that an update moves to another partition keeps both sides as they were written", async () => {
    const table = await events();
    await table.fill();
    await table.query("UPDATE events SET day = 12 WHERE id = 1");
    await table.query("UPDATE events SET day = 5, amount = '9' WHERE id = 2");
    await table.query("UPDATE events SET day = 6, cents = 1234 WHERE id = 3");
    expect(await rows(table)).toEqual([
      [1, "events_2a", "1.50", "150"],
      [2, "events_1", "9", "900"],
      [3, "events_1", "12.34", "1234"],
    ]);
    expect(await table.mismatches()).toBe(0);
    expect(await table.witnesses()).toEqual([]);
  });

  test("a row that moves before the fill has come to it is filled on the way", async () => {
    const table = await events();
    await table.query("UPDATE events SET day = 12 WHERE id = 1");
    await table.query("UPDATE events SET note = 'touched' WHERE id = 2");
    expect(await rows(table)).toEqual([
      [1, "events_2a", "1.50", "150"],
      [2, "events_2a", "2.5", "250"],
      [3, "events_rest", "3", null],
    ]);
    expect(await table.fill()).toBe(1);
  });

  test("a value that the old side can't hold moves with its row", async () => {
    const table = await syncedTable({
      major,
      script: `
        CREATE TABLE parts (id int, day int, n int) PARTITION BY LIST (day);
        CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
        CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2);
        ALTER TABLE parts ADD COLUMN n2 bigint`,
      sync: { table: "parts", forward: { n2: "n" }, reverse: { n: "n2" } },
    });
    await table.query("INSERT INTO parts (id, day, n2) VALUES (1, 1, 3000000000)");
    await table.query("UPDATE parts SET day = 2");
    expect(await table.query("SELECT n, n2 FROM parts_2")).toEqual([{ n: null, n2: "3000000000" }]);
    expect(await table.mismatches()).toBe(0);
  });

  test("the partition key itself can't be replaced, nor a partition be named", async () => {
    const install = (table: string): Promise<unknown> =>
      syncedTable({ major, script: EVENTS, sync: { ...CENTS, table } });
    expect(await sqlstateOfQuery(install("events_1"))).toBe("SEG0103");
    expect(await sqlstateOfQuery(install("nothing"))).toBe("SEG0101");
  });

  test("a table with inheritance children is refused, as are generated columns on either side", async () => {
    const install = (script: string, forward: Record<string, string>): Promise<unknown> =>
      syncedTable({ major, script, sync: { table: "t", forward } });
    const generated = "CREATE TABLE t (id int, a int, g int GENERATED ALWAYS AS (a + 1) STORED, n int)";
    expect(
      await sqlstateOfQuery(install("CREATE TABLE t (a int, n int); CREATE TABLE c () INHERITS (t)", { n: "a" })),
    ).toBe("SEG0103");
    expect(await sqlstateOfQuery(install(generated, { n: "g" }))).toBe("SEG0103");
    expect(await sqlstateOfQuery(install(generated, { g: "a" }))).toBe("SEG0103");
  });
});
