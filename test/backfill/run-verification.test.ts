import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { runVerification } from "../../src/backfill/run-verification.ts";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import { openSession, type Session } from "../../src/postgres/session.ts";
import { MAJORS, type TestDatabase } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import { fillContext, once, paymentsDatabase, sessionSettings } from "./fill-database.ts";

const agree = {
  table: { schema: "public", name: "payments" },
  title: "cents and amount agree",
  mismatch: "segue_row.cents IS DISTINCT FROM (segue_row.amount::numeric * 100)::bigint",
};

test.each(MAJORS)("counts every row and every mismatch on PostgreSQL %s, and writes nothing", async (major) => {
  const database = await paymentsDatabase(50_000, { major });
  const context = await fillContext(database);
  const before = await sessionSettings(context.session);
  const empty = await runVerification(context, agree);
  expect(empty).toMatchObject({ rows: 50_000, mismatches: 50_000 });
  expect(empty.samples).toHaveLength(10);
  await database.query("UPDATE payments SET amount = amount");
  await database.query(
    "INSERT INTO payments SELECT id + 50000, customer, created_at, amount, note FROM payments WHERE id <= 10000",
  );
  expect(await runVerification(context, agree)).toEqual({ rows: 60_000, mismatches: 0, samples: [] });
  expect(await sessionSettings(context.session)).toEqual(before);
  expect(context.events.at(-1)).toMatchObject({ type: "progress", stage: "verify", fraction: 1, rows: 60_000 });
});

test("finds single wrong rows by key, and one for which the predicate fails or says nothing", async () => {
  const database = await paymentsDatabase(50_000);
  await database.query("UPDATE payments SET amount = amount");
  await database.query("ALTER TABLE payments DISABLE TRIGGER USER");
  await database.query("UPDATE payments SET cents = 1 WHERE id = 30000");
  await database.query("UPDATE payments SET amount = 'x' WHERE id = 40000");
  const { rows, mismatches, samples } = await runVerification(await fillContext(database), agree);
  expect({ rows, mismatches }).toEqual({ rows: 50_000, mismatches: 2 });
  expect(samples.toSorted()).toEqual(['{"id": 30000}', '{"id": 40000}: invalid input syntax for type numeric: "x"']);
  await database.query("UPDATE payments SET amount = NULL, cents = NULL WHERE id = 40000");
  const unknown = { ...agree, mismatch: "segue_row.cents <> (segue_row.amount::numeric * 100)::bigint" };
  expect(await runVerification(await fillContext(database), unknown)).toMatchObject({ mismatches: 2 });
});

test("a rewrite in the middle begins the count again", async () => {
  const database = await paymentsDatabase(50_000);
  const context = await fillContext(database, { intents: once(() => database.query("VACUUM FULL payments")) });
  // Slow enough to be met in the middle.
  const slow = { ...agree, mismatch: "segue_row.id % 5000 = 0 AND pg_sleep(0.2) IS NULL" };
  expect(await runVerification(context, slow)).toMatchObject({ rows: 50_000, mismatches: 0 });
  expect(context.events.filter((event) => event.type === "restarted")).toHaveLength(1);
});

/** Slow enough for the intents to be asked for in the middle. */
const slowly = { ...agree, mismatch: `(${agree.mismatch}) OR segue_row.id % 5000 = 0 AND pg_sleep(0.2) IS NULL` };

/** An open transaction that has written, in whatever database, or an older snapshot keeps dead rows from being removed. */
async function writtenForAll(database: TestDatabase): Promise<void> {
  const [now] = await database.query<{ xid: string }>("SELECT pg_current_xact_id()::text AS xid");
  await until(async () => {
    const [row] = await database.query<{ past: boolean }>(
      `SELECT pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 AND NOT EXISTS (SELECT FROM pg_stat_activity
         WHERE pid <> pg_backend_pid() AND age(backend_xmin) >= age($1::xid8::xid)) AS past`,
      [now?.xid],
    );
    return row?.past === true;
  }, 60_000);
}

/** A wrong row near the end, on a page that is full, and room at the beginning for its next version. */
async function wrongAtTheEnd(major?: number): Promise<TestDatabase> {
  const database = await paymentsDatabase(50_000, major === undefined ? {} : { major });
  await database.query("UPDATE payments SET amount = amount");
  await database.query("ALTER TABLE payments DISABLE TRIGGER USER");
  await database.query("UPDATE payments SET cents = 1 WHERE id = 49500");
  await database.query("ALTER TABLE payments ENABLE TRIGGER USER");
  await writtenForAll(database);
  await database.query("CLUSTER payments USING payments_pkey");
  await database.query("DELETE FROM payments WHERE id <= 100");
  await writtenForAll(database);
  await database.query("VACUUM (INDEX_CLEANUP ON) payments");
  return database;
}

/** An update of another column, which the sync has nothing to do with. */
const MOVE = `UPDATE payments SET note = 'moved' || (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 56) AS n)
  WHERE id = 49500 RETURNING ctid::text AS place`;

async function moveToTheFront(database: TestDatabase): Promise<void> {
  const [moved] = await database.query<{ place: string }>(MOVE);
  expect(moved?.place).toMatch(/^\([01],/);
}

test.each(MAJORS)("a wrong row that an update moves behind the scan is found, on PostgreSQL %s", async (major) => {
  const database = await wrongAtTheEnd(major);
  const context = await fillContext(database, { intents: once(() => moveToTheFront(database)) });
  const found = await runVerification(context, slowly);
  expect(found).toMatchObject({ mismatches: 1, samples: ['{"id": 49500}'] });
});

test("a row behind the scan for which the predicate fails is found", async () => {
  const database = await wrongAtTheEnd();
  const failing = {
    ...slowly,
    mismatch: `segue_row.id % 5000 = 0 AND pg_sleep(0.2) IS NULL OR (CASE WHEN segue_row.note LIKE 'moved%' THEN 1 / (segue_row.id - segue_row.id) ELSE 0 END) = 1`,
  };
  const context = await fillContext(database, { intents: once(() => moveToTheFront(database)) });
  expect(await runVerification(context, failing)).toMatchObject({
    mismatches: 1,
    samples: ['{"id": 49500}: division by zero'],
  });
});

test("a wrong row that a transaction from before the pass moves is found once it has committed", async () => {
  const database = await wrongAtTheEnd();
  const writer = await database.connect();
  await writer.query("BEGIN");
  expect((await writer.query<{ place: string }>(MOVE)).rows[0]?.place).toMatch(/^\([01],/);
  const context = await fillContext(database, { intents: once(() => writer.query("COMMIT")) });
  expect(await runVerification(context, slowly)).toMatchObject({ mismatches: 1, samples: ['{"id": 49500}'] });
});

test("an abort ends it at the next boundary", async () => {
  const database = await paymentsDatabase(10_000);
  const context = await fillContext(database);
  context.abort();
  await expect(runVerification(context, agree)).rejects.toMatchObject({ code: "SEG0309" });
});

test.each(MAJORS)("several sessions share the blocks of a leaf on PostgreSQL %s", async (major) => {
  const database = await paymentsDatabase(50_000, { major });
  await database.query("UPDATE payments SET amount = amount");
  await database.query("ALTER TABLE payments DISABLE TRIGGER USER");
  await database.query("UPDATE payments SET cents = 1 WHERE id % 10000 = 7");
  const opened: Session[] = [];
  const context = await fillContext(database, { settings: { ...DEFAULT_SETTINGS.backfill, workers: 3 } });
  const connect = async (part: string): Promise<Session> => {
    const session = await context.connect(part);
    opened.push(session);
    return session;
  };
  // Each session says once that it was here; the lock lives as long as the session.
  const seen = `${agree.mismatch} OR NOT pg_try_advisory_lock_shared(7, pg_backend_pid())`;
  const watcher = await database.connect();
  let most = 0;
  const look = async (): Promise<{ pause: boolean; cancel: boolean }> => {
    const { rows } = await watcher.query<{ sessions: number }>(
      "SELECT count(DISTINCT objid)::int AS sessions FROM pg_locks WHERE locktype = 'advisory' AND classid = 7 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    most = Math.max(most, rows[0]?.sessions ?? 0);
    return { pause: false, cancel: false };
  };
  const slow = { ...agree, mismatch: `${seen} OR segue_row.id % 2000 = 0 AND pg_sleep(0.1) IS NULL` };
  const { rows, mismatches, samples } = await runVerification({ ...context, connect, intents: look }, slow);
  expect({ rows, mismatches }).toEqual({ rows: 50_000, mismatches: 5 });
  expect(new Set(samples)).toEqual(new Set([7, 10_007, 20_007, 30_007, 40_007].map((id) => `{"id": ${id}}`)));
  expect(most).toBe(3);
  expect(opened.map((session) => session.closed)).toEqual([true, true]);
  const progress = context.events.flatMap((event) => (event.type === "progress" ? [event.fraction] : []));
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  expect(progress.at(-1)).toBe(1);
});

test("where the server has no connection left for a further session, the others do its part", async () => {
  const database = await paymentsDatabase(1_000);
  await database.query("UPDATE payments SET amount = amount");
  const context = await fillContext(database, { settings: { ...DEFAULT_SETTINGS.backfill, workers: 3 } });
  const role = `few_${randomBytes(4).toString("hex")}`;
  await database.query(
    `CREATE ROLE ${role} LOGIN PASSWORD 'few' CONNECTION LIMIT 1; GRANT SELECT ON payments TO ${role}`,
  );
  onTestFinished(() => database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`).then(() => undefined));
  const url = new URL(database.url);
  [url.username, url.password] = [role, "few"];
  const opened: Session[] = [];
  const connect = async (part: string): Promise<Session> => {
    opened.push(await openSession({ connectionString: url.href }, { applicationName: part }));
    return opened.at(-1)!;
  };
  expect(await runVerification({ ...context, connect }, { ...agree, mismatch: "segue_row.id < 0" })).toMatchObject({
    rows: 1_000,
    mismatches: 0,
  });
  expect(opened.map((session) => session.closed)).toEqual([true]);
});

test("a rewrite in the middle begins the count of all sessions again", async () => {
  const database = await paymentsDatabase(50_000);
  const settings = { ...DEFAULT_SETTINGS.backfill, workers: 2 };
  const context = await fillContext(database, {
    settings,
    intents: once(() => database.query("VACUUM FULL payments")),
  });
  const slow = { ...agree, mismatch: "segue_row.id % 5000 = 0 AND pg_sleep(0.2) IS NULL" };
  expect(await runVerification(context, slow)).toMatchObject({ rows: 50_000, mismatches: 0 });
  expect(context.events.filter((event) => event.type === "restarted")).toHaveLength(1);
});

test("what one session fails at ends them all, and is told", async () => {
  const database = await paymentsDatabase(50_000);
  const context = await fillContext(database, { settings: { ...DEFAULT_SETTINGS.backfill, workers: 2 } });
  const slow = { ...agree, mismatch: "segue_row.id % 2000 = 0 AND pg_sleep(0.2) IS NULL" };
  const cancelled = { ...context, intents: once(() => Promise.resolve(context.abort())) };
  await expect(runVerification(cancelled, slow)).rejects.toMatchObject({ code: "SEG0309" });
});
