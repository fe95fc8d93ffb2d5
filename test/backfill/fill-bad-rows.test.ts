import { expect, test } from "vitest";
import { runFill } from "../../src/backfill/run-fill.ts";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import type { TestDatabase } from "../support/postgres.ts";
import { centsOf, fillContext, paymentsDatabase, WRONG } from "./fill-database.ts";

const quarantine = "SELECT row_key, sqlstate, state, source, step FROM segue.quarantine ORDER BY row_key";

async function withBadRows(rows: number, ids: readonly number[]): Promise<TestDatabase> {
  const database = await paymentsDatabase(rows);
  await database.query(
    `BEGIN; ALTER TABLE payments DISABLE TRIGGER USER;
     UPDATE payments SET amount = 'twelve' WHERE id IN (${ids.join(", ")});
     ALTER TABLE payments ENABLE TRIGGER USER; COMMIT`,
  );
  return database;
}

test("rows whose value can't be computed are put aside by key, all others are filled", async () => {
  const ids = [1, 2, 25_000, 49_999, 50_000];
  const database = await withBadRows(50_000, ids);
  const context = await fillContext(database);
  expect(await runFill(context, centsOf("payments"))).toEqual({ rows: 49_995, quarantined: 5 });
  expect(await database.query("SELECT id::int FROM payments WHERE cents IS NULL ORDER BY id")).toEqual(
    ids.map((id) => ({ id })),
  );
  expect(await database.query(quarantine)).toEqual(
    ids.map((id) => ({ row_key: { id }, sqlstate: "22P02", state: "open", source: "fill", step: "backfill.1.fill" })),
  );
  expect(context.events.filter((event) => event.type === "quarantined")).toHaveLength(5);
});

test("a row that was mended is filled and settled by the next run; one that was not stays open", async () => {
  const database = await withBadRows(2_000, [7, 1_500]);
  await runFill(await fillContext(database), centsOf("payments"));
  await database.query("ALTER TABLE payments DISABLE TRIGGER USER");
  await database.query("UPDATE payments SET amount = '12.00' WHERE id = 7");
  await database.query("ALTER TABLE payments ENABLE TRIGGER USER");
  expect(await runFill(await fillContext(database), centsOf("payments"))).toEqual({ rows: 1_999, quarantined: 1 });
  expect(await database.query("SELECT cents FROM payments WHERE id = 7")).toEqual([{ cents: "1200" }]);
  expect(await database.query("SELECT row_key, state FROM segue.quarantine ORDER BY id")).toEqual([
    { row_key: { id: 7 }, state: "settled" },
    { row_key: { id: 1_500 }, state: "open" },
  ]);
});

test("a row that a client's write has put aside, and the fill too, is one row", async () => {
  const database = await withBadRows(2_000, [7]);
  const context = await fillContext(database);
  await database.query(
    `INSERT INTO segue.quarantine (rollout, step, schema_name, table_name, row_key, error, sqlstate, source)
     VALUES ($1, '', 'public', 'payments', '{"id": 7}', 'twelve', '22P02', 'trigger')`,
    [context.rollout],
  );
  expect(await runFill(context, centsOf("payments"))).toEqual({ rows: 1_999, quarantined: 1 });
  expect(await database.query("SELECT row_key, source FROM segue.quarantine WHERE state = 'open' ORDER BY id")).toEqual(
    [
      { row_key: { id: 7 }, source: "trigger" },
      { row_key: { id: 7 }, source: "fill" },
    ],
  );
});

test("a table without a primary key puts rows aside by their place", async () => {
  const database = await withBadRows(2_000, [7]);
  await database.query("ALTER TABLE payments DROP CONSTRAINT payments_pkey");
  const [row] = await database.query("SELECT ctid::text FROM payments WHERE id = 7");
  expect(await runFill(await fillContext(database), centsOf("payments"))).toEqual({ rows: 1_999, quarantined: 1 });
  expect(await database.query("SELECT row_key FROM segue.quarantine")).toEqual([{ row_key: { ctid: row!["ctid"] } }]);
  await database.query("DELETE FROM payments WHERE id = 7");
  expect(await runFill(await fillContext(database), centsOf("payments"))).toEqual({ rows: 1_999, quarantined: 0 });
});

test("more bad rows than the limit stop the fill, and it goes on once they are mended", async () => {
  const ids = Array.from({ length: 12 }, (_, i) => 500 * (i + 1));
  const database = await withBadRows(10_000, ids);
  const settings = { ...DEFAULT_SETTINGS.backfill, quarantine_limit: 10 };
  await expect(runFill(await fillContext(database, { settings }), centsOf("payments"))).rejects.toMatchObject({
    code: "SEG0404",
    detail: undefined,
  });
  await database.query("UPDATE payments SET amount = '1.00' WHERE amount = 'twelve'");
  expect(await runFill(await fillContext(database, { settings }), centsOf("payments"))).toMatchObject({
    quarantined: 0,
  });
  expect(await database.query(`SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`)).toEqual([{ n: 0 }]);
});

test("two fills of one table settle their own rows only", async () => {
  const database = await withBadRows(1_000, [7]);
  await database.query("ALTER TABLE payments ADD COLUMN loud text");
  const loud = centsOf("payments", {
    id: "backfill.2.fill",
    set: [{ column: "loud", value: "upper(segue_row.note)" }],
    where: "segue_row.loud IS NULL",
  });
  expect(await runFill(await fillContext(database), centsOf("payments"))).toEqual({ rows: 999, quarantined: 1 });
  expect(await runFill(await fillContext(database), loud)).toEqual({ rows: 1_000, quarantined: 0 });
  expect(await database.query(quarantine)).toMatchObject([
    { row_key: { id: 7 }, state: "open", step: "backfill.1.fill" },
  ]);
});

test("a row that a trigger had put aside is settled when the fill has filled it", async () => {
  const database = await paymentsDatabase(1_000);
  await database.query(
    `INSERT INTO segue.quarantine (rollout, schema_name, table_name, row_key, error, sqlstate, source)
     VALUES (1, 'public', 'payments', '{"id": 5}', 'x', '22P02', 'trigger'), (1, 'public', 'payments', '{"row": "d41d8"}', 'x', '22P02', 'trigger')`,
  );
  expect(await runFill(await fillContext(database), centsOf("payments"))).toEqual({ rows: 1_000, quarantined: 0 });
  expect(await database.query("SELECT DISTINCT state FROM segue.quarantine")).toEqual([{ state: "settled" }]);
});

test("a row that a trigger put aside after the fill, under no key, is found by running the step again", async () => {
  const database = await paymentsDatabase(1_000);
  await database.query("ALTER TABLE payments DROP CONSTRAINT payments_pkey");
  await runFill(await fillContext(database), centsOf("payments"));
  await database.query(
    `ALTER TABLE payments DISABLE TRIGGER USER; UPDATE payments SET cents = NULL WHERE id = 5;
     INSERT INTO segue.quarantine (rollout, schema_name, table_name, row_key, error, sqlstate, source)
     VALUES (1, 'public', 'payments', '{"row": "d41d8"}', 'x', '22P02', 'trigger')`,
  );
  expect(await runFill(await fillContext(database), centsOf("payments"))).toEqual({ rows: 1_001, quarantined: 0 });
  expect(await database.query("SELECT count(*)::int AS n FROM payments WHERE cents IS NULL")).toEqual([{ n: 0 }]);
});

test("a row that a client writes and a trigger puts aside behind the sweep, under no key, stays open until a sweep has seen it", async () => {
  const database = await paymentsDatabase(1_000);
  await database.query("ALTER TABLE payments DROP CONSTRAINT payments_pkey");
  const context = await fillContext(database);
  const { session } = context;
  const send = session.script.bind(session);
  let swept = false;
  session.script = async (sql) => {
    if (!swept && sql.includes("state = 'done'")) {
      swept = true;
      await database.query(
        `BEGIN; ALTER TABLE payments DISABLE TRIGGER USER; INSERT INTO payments VALUES (1001, 1, now(), 'twelve', '');
         ALTER TABLE payments ENABLE TRIGGER USER;
         INSERT INTO segue.quarantine (rollout, schema_name, table_name, row_key, error, sqlstate, source)
         VALUES (1, 'public', 'payments', '{"row": "d41d8"}', 'x', '22P02', 'trigger'); COMMIT`,
      );
    }
    return await send(sql);
  };
  expect(await runFill(context, centsOf("payments"))).toEqual({ rows: 1_000, quarantined: 1 });
  session.script = send;
  expect(await runFill(context, centsOf("payments"))).toEqual({ rows: 1_000, quarantined: 1 });
  expect(await database.query("SELECT source FROM segue.quarantine WHERE state = 'open'")).toEqual([
    { source: "fill" },
  ]);
});

test("a violated check and an exception of a user's trigger are data, too", async () => {
  const database = await paymentsDatabase(1_000);
  await database.query(`
    ALTER TABLE payments ADD CHECK (cents <> 700);
    CREATE FUNCTION veto() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.id = 900 THEN RAISE EXCEPTION 'not this one' USING ERRCODE = 'MY001'; END IF; RETURN NEW; END $$;
    CREATE TRIGGER veto BEFORE UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION veto()`);
  expect(await runFill(await fillContext(database), centsOf("payments"))).toEqual({ rows: 998, quarantined: 2 });
  expect(await database.query("SELECT row_key, sqlstate FROM segue.quarantine ORDER BY row_key")).toEqual([
    { row_key: { id: 700 }, sqlstate: "23514" },
    { row_key: { id: 900 }, sqlstate: "MY001" },
  ]);
});
