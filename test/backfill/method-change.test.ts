import { randomBytes } from "node:crypto";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import type { BackfillEvent, FillContext } from "../../src/backfill/context.ts";
import { runFill } from "../../src/backfill/run-fill.ts";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import { MAJORS } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import {
  centsOf,
  createJournal,
  createPayments,
  fillContext,
  paymentsDatabase,
  type TestContext,
  WRONG,
} from "./fill-database.ts";
import { ownServer } from "./own-server.ts";

type Changed = Extract<BackfillEvent, { type: "method_changed" }>;

const methods = (context: TestContext): readonly Changed[] =>
  context.events.filter((event): event is Changed => event.type === "method_changed");

const filledHeap = "SELECT pg_relation_size('payments')::float8 AS bytes";

test.each(MAJORS)(
  "while an old snapshot is held ranges are filled, and stripes again once it is gone, on PostgreSQL %s",
  async (major) => {
    const database = await ownServer(major);
    await createJournal(database);
    await createPayments(database, 120_000);
    const analyst = new pg.Client({ connectionString: database.url, application_name: "analyst" });
    await analyst.connect();
    onTestFinished(() => analyst.end());
    await analyst.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM payments");
    let filledByThen = 0;
    const context = await fillContext(database, {
      emit: (event) => {
        if (event.type === "progress") filledByThen = event.rows;
        if (event.type === "method_changed" && event.method === "ranges") void analyst.query("COMMIT");
      },
    });
    expect(await runFill(context, centsOf("payments"), { hotEvery: 0 })).toEqual({ rows: 120_000, quarantined: 0 });
    expect(filledByThen).toBe(120_000);
    const [ranges, stripes] = methods(context);
    expect(ranges).toMatchObject({ method: "ranges", table: { name: "payments" } });
    expect(ranges!.hotShare).toBeLessThan(0.1);
    expect(ranges!.reason).toMatch(/^an old snapshot is held by pid \d+ \(analyst, idle in transaction\)$/);
    expect(stripes).toMatchObject({ method: "stripes", hotShare: null });
    // It could have removed nothing.
    expect(context.events.filter(({ type }) => type === "vacuumed")).toEqual([]);
    expect(await database.query(`SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`)).toEqual([{ n: 0 }]);
  },
);

test.each(MAJORS)(
  "an index on the filled column is named, and VACUUM keeps the table from doubling, on PostgreSQL %s",
  async (major) => {
    const database = await ownServer(major);
    await createJournal(database);
    const growth = async (vacuum: FillContext["settings"]["vacuum"]) => {
      await createPayments(database, 120_000);
      await database.query("CREATE INDEX payments_cents ON payments ((cents + 1))");
      const [before] = await database.query<{ bytes: number }>(filledHeap);
      const context = await fillContext(database, { settings: { ...DEFAULT_SETTINGS.backfill, vacuum } });
      expect(await runFill(context, centsOf("payments"))).toEqual({ rows: 120_000, quarantined: 0 });
      const [after] = await database.query<{ bytes: number }>(filledHeap);
      expect(await database.query(`SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`)).toEqual([{ n: 0 }]);
      await database.query("DROP TABLE payments; DROP FUNCTION sync_payments; DELETE FROM segue.extent");
      expect(methods(context)).toMatchObject([
        { method: "ranges", reason: "index payments_cents is on a filled column" },
      ]);
      const vacuums = context.events.filter(({ type }) => type === "vacuumed").length;
      return { times: after!.bytes / before!.bytes, vacuums };
    };
    const without = await growth("off");
    const every = await growth({ every: 0.1 });
    process.stderr.write(
      `PostgreSQL ${major}: heap ${without.times.toFixed(2)} times without VACUUM, ${every.times.toFixed(2)} times with ${every.vacuums}\n`,
    );
    expect(without.vacuums).toBe(0);
    expect(every.vacuums).toBeGreaterThan(1);
    expect(every.times).toBeLessThan(without.times - 0.2);
  },
);

const VACUUMING = "SELECT FROM pg_stat_progress_vacuum";
const VACUUMED = "SELECT vacuum_count::int AS n FROM pg_stat_user_tables WHERE relname = 'payments'";

/** `payments`, which is filled in ranges, on a server where VACUUM goes page by page, with a sleep after each. */
async function slowlyVacuumed() {
  const database = await ownServer(18);
  await createJournal(database);
  await createPayments(database, 120_000);
  await database.query("CREATE INDEX payments_cents ON payments (cents)");
  await database.query("ALTER SYSTEM SET vacuum_cost_limit = 1");
  await database.query("SELECT pg_reload_conf()");
  return database;
}

test("a pause ends a VACUUM at once", async () => {
  const database = await slowlyVacuumed();
  let pause = false;
  const context = await fillContext(database, { intents: async () => ({ pause, cancel: false }) });
  const fill = runFill(context, centsOf("payments"));
  await until(async () => (await database.query(VACUUMING)).length > 0, 60_000);
  pause = true;
  await until(async () => context.events.some(({ type }) => type === "paused"), 10_000);
  expect(await database.query(VACUUMING)).toEqual([]);
  // The one before the fill.
  expect(await database.query(VACUUMED)).toEqual([{ n: 1 }]);
  context.abort();
  await expect(fill).rejects.toMatchObject({ code: "SEG0309" });
});

test("VACUUM gives way to whoever comes to wait for its lock, and the fill goes on", async () => {
  const database = await slowlyVacuumed();
  const context = await fillContext(database);
  const fill = runFill(context, centsOf("payments"));
  await until(async () => (await database.query(VACUUMING)).length > 0, 60_000);
  await database.query("BEGIN; LOCK TABLE payments IN ACCESS EXCLUSIVE MODE; COMMIT");
  // The one before the fill: this one was given up.
  expect(await database.query(VACUUMED)).toEqual([{ n: 1 }]);
  await database.query("ALTER SYSTEM RESET vacuum_cost_limit");
  await database.query("SELECT pg_reload_conf()");
  expect(await fill).toEqual({ rows: 120_000, quarantined: 0 });
});

test("a role that may not vacuum fills without, and a run that was broken off in ranges goes on", async () => {
  const database = await paymentsDatabase(60_000);
  await database.query("CREATE INDEX payments_cents ON payments (cents)");
  const role = `filler_${randomBytes(4).toString("hex")}`;
  await database.query(`CREATE ROLE ${role}; GRANT USAGE ON SCHEMA segue TO ${role}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, segue TO ${role};
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA segue TO ${role}`);
  onTestFinished(() => database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`).then(() => undefined));
  const changed = { ranges: false };
  const first = await fillContext(database, {
    emit: (event) => {
      if (event.type === "method_changed") changed.ranges = true;
      else if (changed.ranges && event.type === "progress") first.abort();
    },
  });
  await first.session.query(`SET ROLE ${role}`);
  await expect(runFill(first, centsOf("payments"))).rejects.toMatchObject({ code: "SEG0309" });
  const [{ filled } = { filled: 0 }] = await database.query<{ filled: number }>(
    "SELECT count(cents)::int AS filled FROM payments",
  );
  expect(filled).toBeGreaterThan(20_000);
  expect(filled).toBeLessThan(60_000);
  const second = await fillContext(database);
  await second.session.query(`SET ROLE ${role}`);
  expect(await runFill(second, centsOf("payments"))).toEqual({ rows: 60_000, quarantined: 0 });
  expect([...first.events, ...second.events].filter(({ type }) => type === "vacuumed")).toEqual([]);
  expect(await database.query(`SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`)).toEqual([{ n: 0 }]);
});
