import { expect, test } from "vitest";
import { runFill } from "../../../src/backfill/run-fill.ts";
import { openSession } from "../../../src/postgres/session.ts";
import { waitersOn } from "../../../src/backfill/throttle/waiting-sessions.ts";
import { MAJORS, type TestDatabase } from "../../support/postgres.ts";
import { until } from "../../support/until.ts";
import { dawdling, fillContext, paymentsDatabase, WRONG } from "../fill-database.ts";
import { watching } from "./held-fill.ts";

test.each(MAJORS)("sessions that a batch blocks stop the fill of PostgreSQL %s, and let it go on", async (major) => {
  const database = await paymentsDatabase(2_000, { major });
  const pages = await rowsByPage(database);
  // A batch waits at a row of each page, so there is one page to a batch; others are locked already when the look comes halfway through it.
  const settings = { ...watching({ waiting_sessions: { slow: 0, stop: 1 } }), batch_time: 400, batch_time_busy: 400 };
  const context = await fillContext(database, { settings });
  const clients = [await database.connect(), await database.connect(), await database.connect()];
  const isStopped = (): boolean => context.events.some((event) => event.type === "throttled" && event.level === "stop");
  const slow = pages.map((ids) => ids[10] ?? 0);
  const filling = runFill(context, dawdling("payments", slow));
  for (const ids of pages) {
    await until(async () => isStopped() || (await holds(database, context.session.pid, ids[0] ?? 0)));
    if (isStopped()) break;
    await Promise.all(
      clients.map((client, n) => client.query("UPDATE payments SET note = 'new' WHERE id = $1", [ids[n]])),
    );
  }
  await until(() => Promise.resolve(isStopped()));
  expect(await filling).toMatchObject({ rows: expect.any(Number) as number });
  const told = context.events.flatMap((event) => (event.type === "throttled" ? [event] : []));
  expect(told.find(({ level }) => level === "stop")?.reason).toMatch(/^sessions that waited for a batch: [23] > 1$/);
  expect(context.events.map(({ type }) => type)).toContain("resumed");
  expect(await database.query(`SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`)).toEqual([{ n: 0 }]);
});

/** The rows of the first pages, in the order in which a batch comes by them. */
async function rowsByPage(database: TestDatabase): Promise<number[][]> {
  const rows = await database.query<{ ids: number[] }>(
    `SELECT array_agg(id::int ORDER BY ctid) AS ids FROM payments WHERE ctid < '(8,0)'
      GROUP BY (ctid::text::point)[0] ORDER BY (ctid::text::point)[0]`,
  );
  return rows.map(({ ids }) => ids);
}

/** True while a backend has locked the row: nobody else can. */
async function holds(database: TestDatabase, pid: number, id: number): Promise<boolean> {
  const asleep = await database.query("SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'", [pid]);
  if (asleep.length === 0) return false;
  return (await database.query("SELECT FROM payments WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED", [id])).length === 0;
}

test.each(MAJORS)("a role without rights sees who waits for it on PostgreSQL %s, and not itself", async (major) => {
  const database = await paymentsDatabase(10, { major });
  const role = `plain_${database.name}`;
  await database.query(`CREATE ROLE ${role}`);
  const { session } = await fillContext(database);
  const observer = await openSession({ connectionString: database.url }, { applicationName: "observer" });
  try {
    await observer.query(`SET ROLE ${role}`);
    const client = await database.connect();
    await session.transaction(async () => {
      await session.query("SELECT FROM public.payments WHERE id = 1 FOR UPDATE");
      const waiting = client.query("UPDATE payments SET note = 'z' WHERE id = 1");
      await until(async () => (await waitersOn(observer, [session.pid])) === 1);
      const [waiter] = await database.query<{ pid: number }>(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      // A further worker of our own that waits is nobody's trouble.
      expect(await waitersOn(observer, [session.pid, waiter?.pid ?? 0])).toBe(0);
      void waiting;
    });
  } finally {
    await observer.close();
    await database.query(`DROP ROLE ${role}`);
  }
});
