import { expect, test } from "vitest";
import { runFill } from "../../src/backfill/run-fill.ts";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import { MAJORS } from "../support/postgres.ts";
import {
  centsOf,
  dawdling,
  fillContext,
  fillDatabase,
  once,
  paymentsDatabase,
  sessionSettings,
  slowly,
  WRONG,
} from "./fill-database.ts";

const wrong = `SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`;
const filled = "SELECT count(*)::int AS n FROM payments WHERE cents IS NOT NULL";

test.each(MAJORS)(
  "fills every row of PostgreSQL %s, counts it once, and leaves the session as it was",
  async (major) => {
    const database = await paymentsDatabase(100_000, { major });
    const context = await fillContext(database);
    const before = await sessionSettings(context.session);
    expect(await runFill(context, centsOf("payments"))).toEqual({ rows: 100_000, quarantined: 0 });
    expect(await database.query(wrong)).toEqual([{ n: 0 }]);
    expect(await sessionSettings(context.session)).toEqual(before);
    const [extent] = await database.query("SELECT state, swept, rows_done, method FROM segue.extent");
    expect(extent).toEqual({ state: "done", swept: true, rows_done: "100000", method: "stripe" });
  },
);

test("an empty table and a table that is filled already take a sweep and nothing else", async () => {
  const database = await paymentsDatabase(0);
  expect(await runFill(await fillContext(database), centsOf("payments"))).toEqual({ rows: 0, quarantined: 0 });
  await database.query(
    "INSERT INTO payments (id, customer, created_at, amount, note) VALUES (1, 1, now(), '1.00', '')",
  );
  const again = await fillContext(database);
  expect(await runFill(again, centsOf("payments", { id: "backfill.2.fill" }))).toEqual({ rows: 0, quarantined: 0 });
  expect(again.events.at(-1)).toMatchObject({ type: "progress", fraction: 1, rows: 0 });
});

test("an aborted fill stops at the end of its batch and is resumed in a new epoch without filling a row twice", async () => {
  const database = await paymentsDatabase(100_000);
  const first = await fillContext(database, {
    settings: slowly,
    emit: (event) => {
      if (event.type === "progress" && event.rows > 20_000) first.abort();
    },
  });
  await expect(runFill(first, dawdling("payments", [30_000, 40_000]))).rejects.toMatchObject({ code: "SEG0309" });
  const [done] = await database.query(filled);
  const [journal] = await database.query("SELECT rows_done::int AS n, state FROM segue.extent");
  expect(journal).toEqual({ n: done!["n"], state: "running" });
  expect(done!["n"]).toBeLessThan(100_000);

  await database.query("UPDATE segue.rollout SET epoch = 2");
  const second = await fillContext(database, { epoch: 2 });
  expect(await runFill(second, centsOf("payments"))).toEqual({ rows: 100_000, quarantined: 0 });
  expect(await database.query(wrong)).toEqual([{ n: 0 }]);
  const [updates] = await database.query("SELECT count(*)::int AS n FROM payments WHERE cents IS NULL");
  expect(updates).toEqual({ n: 0 });
});

test("a runner whose epoch has ended commits nothing more", async () => {
  const database = await paymentsDatabase(100_000);
  let atTakeover = -1;
  const context = await fillContext(database, {
    settings: slowly,
    intents: once(async () => {
      await database.query("UPDATE segue.rollout SET epoch = 2");
      atTakeover = (await database.query<{ n: number }>(filled))[0]!.n;
    }),
  });
  await expect(runFill(context, dawdling("payments", [30_000, 40_000]))).rejects.toMatchObject({ code: "SEG0403" });
  expect(atTakeover).toBeGreaterThan(0);
  expect(await database.query(filled)).toEqual([{ n: atTakeover }]);
  expect(await database.query("SELECT rows_done::int AS n FROM segue.extent")).toEqual([{ n: atTakeover }]);
});

test("a pause holds the fill between batches until it is lifted; a cancellation ends it", async () => {
  const database = await paymentsDatabase(20_000);
  let asked = 0;
  const context = await fillContext(database, {
    intents: async () => {
      asked += 1;
      return { pause: asked === 1, cancel: false };
    },
  });
  await runFill(context, centsOf("payments"));
  expect(context.events.slice(0, 2)).toEqual([
    { type: "paused", throttledMs: 0 },
    { type: "resumed", throttledMs: 0 },
  ]);
  const cancelled = await fillContext(database, { intents: async () => ({ pause: true, cancel: true }) });
  await expect(runFill(cancelled, centsOf("payments", { id: "backfill.2.fill" }))).rejects.toMatchObject({
    code: "SEG0308",
  });
});

test.each(["VACUUM FULL payments", "CLUSTER payments USING payments_customer"])(
  "%s in the middle restarts the scan and loses no row",
  async (rewrite) => {
    const database = await paymentsDatabase(60_000);
    const context = await fillContext(database, { settings: slowly, intents: once(() => database.query(rewrite)) });
    expect(await runFill(context, dawdling("payments", [30_000, 40_000]))).toEqual({ rows: 60_000, quarantined: 0 });
    expect(context.events.filter((event) => event.type === "restarted")).toHaveLength(1);
    expect(await database.query(wrong)).toEqual([{ n: 0 }]);
  },
);

test("a table that was rewritten while no one ran is scanned from its start", async () => {
  const database = await paymentsDatabase(60_000);
  const first = await fillContext(database, {
    settings: slowly,
    emit: (event) => {
      if (event.type === "progress" && event.rows > 20_000) first.abort();
    },
  });
  await expect(runFill(first, dawdling("payments", [30_000, 40_000]))).rejects.toMatchObject({ code: "SEG0309" });
  await database.query("CLUSTER payments USING payments_customer");
  const second = await fillContext(database);
  expect(await runFill(second, centsOf("payments"))).toEqual({ rows: 60_000, quarantined: 0 });
  expect(await database.query(wrong)).toEqual([{ n: 0 }]);
});

test("user triggers are skipped where the plan says so, and fire otherwise", async () => {
  const database = await paymentsDatabase(1_000);
  await database.query(`
    CREATE TABLE audit (id bigint);
    CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.audit VALUES (NEW.id); RETURN NULL; END $$;
    CREATE TRIGGER audit AFTER UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION audit();`);
  await runFill(await fillContext(database), centsOf("payments", { userTriggers: "skip" }));
  expect(await database.query("SELECT count(*)::int AS n FROM audit")).toEqual([{ n: 0 }]);
  await database.query(
    "ALTER TABLE payments DISABLE TRIGGER USER; UPDATE payments SET cents = NULL; ALTER TABLE payments ENABLE TRIGGER USER",
  );
  await runFill(await fillContext(database), centsOf("payments", { id: "backfill.2.fill" }));
  expect(await database.query("SELECT count(*)::int AS n FROM audit")).toEqual([{ n: 1_000 }]);
});

test("a role that may not skip user triggers is told so before anything is filled", async () => {
  const database = await paymentsDatabase(100);
  const context = await fillContext(database);
  const role = `plain_${database.name}`;
  await database.query(`CREATE ROLE ${role}; GRANT ALL ON ALL TABLES IN SCHEMA public, segue TO ${role}`);
  try {
    await context.session.query(`SET ROLE ${role}`);
    const fill = runFill(context, centsOf("payments", { userTriggers: "skip" }));
    await expect(fill).rejects.toMatchObject({ code: "SEG0207" });
    expect(await database.query(filled)).toEqual([{ n: 0 }]);
  } finally {
    await context.session.query("RESET ROLE");
    await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});

test("a statement that can't be planned fails the fill instead of putting every row aside", async () => {
  const database = await paymentsDatabase(100);
  const step = centsOf("payments", { set: [{ column: "cents", value: "no_such_function(segue_row.amount)" }] });
  await expect(runFill(await fillContext(database), step)).rejects.toMatchObject({
    code: "SEG0401",
    next: expect.stringContaining("segue resume 1_a") as string,
  });
  expect(await database.query("SELECT count(*)::int AS n FROM segue.quarantine")).toEqual([{ n: 0 }]);
});

test("a row that takes longer than a batch may is filled alone", async () => {
  const database = await paymentsDatabase(2_000);
  const value = "CASE WHEN segue_row.id IN (7, 8, 1500) THEN length(pg_sleep(0.6)::text) ELSE 1 END";
  const step = centsOf("payments", { set: [{ column: "cents", value }] });
  expect(await runFill(await fillContext(database), step)).toEqual({ rows: 2_000, quarantined: 0 });
});

test("names that need quotes, in schemas and of 63 bytes", async () => {
  const database = await fillDatabase();
  const name = 'Größe "x" \\ '.padEnd(60, "z");
  await database.query(`CREATE SCHEMA "Odd ""one"`);
  const table = `"Odd ""one"."${name.replaceAll('"', '""')}"`;
  await database.query(`CREATE TABLE ${table} ("Key\\'s" text COLLATE "C" PRIMARY KEY, "select" int, "new col" int)`);
  await database.query(`INSERT INTO ${table} SELECT 'k''\\' || g, g FROM generate_series(1, 500) AS g`);
  await database.query(`UPDATE ${table} SET "select" = 2147483647 WHERE "select" = 7`);
  const step = centsOf("", {
    table: { schema: 'Odd "one', name },
    set: [{ column: "new col", value: 'segue_row."select" + 1' }],
    where: 'segue_row."new col" IS NULL',
  });
  expect(await runFill(await fillContext(database), step)).toEqual({ rows: 499, quarantined: 1 });
  const [row] = await database.query("SELECT row_key, table_name FROM segue.quarantine");
  expect(row).toEqual({ row_key: { "Key\\'s": "k'\\7" }, table_name: name });
});

test("expressions see the table's own schema and public, whatever the session's path is", async () => {
  const database = await paymentsDatabase(100);
  await database.query(
    "CREATE FUNCTION to_cents(text) RETURNS bigint LANGUAGE sql AS 'SELECT ($1::numeric * 100)::bigint'",
  );
  const step = centsOf("payments", { set: [{ column: "cents", value: "to_cents(segue_row.amount)" }] });
  expect(await runFill(await fillContext(database), step)).toEqual({ rows: 100, quarantined: 0 });
});

test("progress only grows, stays below 1 until all is done, and ends with it", async () => {
  const database = await paymentsDatabase(60_000);
  const context = await fillContext(database, { settings: slowly });
  await runFill(context, dawdling("payments", [10_000, 30_000, 50_000]));
  const fractions = context.events.flatMap((event) => (event.type === "progress" ? [event.fraction] : []));
  expect(fractions.length).toBeGreaterThan(2);
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
  expect(fractions.slice(0, -1).every((fraction) => fraction < 1)).toBe(true);
  expect(fractions.at(-1)).toBe(1);
});

test("rows that something keeps taking back are not filled for ever", async () => {
  const database = await paymentsDatabase(100);
  const settings = { ...DEFAULT_SETTINGS.backfill };
  // The predicate still matches what the step has filled.
  const step = centsOf("payments", { where: "segue_row.id <= 10" });
  await expect(runFill(await fillContext(database, { settings }), step)).rejects.toMatchObject({ code: "SEG0404" });
});
