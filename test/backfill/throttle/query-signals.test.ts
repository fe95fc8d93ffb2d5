import { expect, test } from "vitest";
import { runFill } from "../../../src/backfill/run-fill.ts";
import { MAJORS } from "../../support/postgres.ts";
import { until } from "../../support/until.ts";
import { centsOf, dawdling, fillContext, paymentsDatabase } from "../fill-database.ts";
import { heldFill, watching } from "./held-fill.ts";

/** A table by which a test sets what a query says. */
const KNOB = "CREATE TABLE knob (value numeric); INSERT INTO knob VALUES (0)";
const turn = (value: number | "NULL"): string => `UPDATE knob SET value = ${value}`;

test.each(MAJORS)("a slow probe stops a fill of PostgreSQL %s until it is fast again", async (major) => {
  const database = await paymentsDatabase(1_000, { major });
  await database.query(`${KNOB}; ${turn(400)}`);
  const probe = { sql: "SELECT pg_sleep(value::float8 / 1000) FROM knob", stop: 250 };
  const events = await heldFill(database, { probe }, async ({ reason, filled }) => {
    expect(reason).toMatch(/^probe query: [\d.]+ m?s > 250 ms$/);
    expect(await filled()).toBe(0);
    await database.query(turn(0));
  });
  expect(events.map(({ type }) => type)).toEqual(["throttled", "resumed"]);
});

test("without a query of one's own the probe is a cheap one", async () => {
  const database = await paymentsDatabase(1_000);
  const context = await fillContext(database, { settings: watching({ probe: { stop: 5_000 } }) });
  expect(await runFill(context, centsOf("payments"))).toMatchObject({ rows: 1_000 });
  expect(context.events.filter(({ type }) => type === "throttled")).toEqual([]);
});

test("a query's number stops above `stop`, is slow above `slow`, and goes on at `resume`", async () => {
  const database = await paymentsDatabase(1_000);
  await database.query(`${KNOB}; ${turn(101)}`);
  const queue = { sql: "SELECT value FROM knob;", slow: 10, stop: 100, resume: 50 };
  const events = await heldFill(database, { queries: { queue } }, async ({ reason }) => {
    expect(reason).toBe("query queue: 101 > 100");
    await database.query(turn(40));
  });
  expect(events.map((event) => (event.type === "throttled" ? [event.level, event.reason] : event.type))).toEqual([
    ["stop", "query queue: 101 > 100"],
    ["slow", "query queue: 40 > 10"],
    "released",
  ]);
});

test("a query's boolean stops while it is true, and so does anything that says nothing", async () => {
  const database = await paymentsDatabase(1_000);
  await database.query(`${KNOB}; ${turn(1)}`);
  const queries = { peak: { sql: "SELECT value > 0 FROM knob" }, other: null };
  const events = await heldFill(database, { queries }, async ({ reason, events: told }) => {
    expect(reason).toBe("query peak is true");
    await database.query(turn("NULL"));
    await until(async () => told("throttled").length === 2);
    await database.query("DROP TABLE knob");
    await until(async () => told("throttled").length === 2 && told("resumed").length === 0);
    await database.query(KNOB);
  });
  expect(events.map((event) => (event.type === "throttled" ? event.reason : event.type))).toEqual([
    "query peak is true",
    "query peak can't be read: null is neither a number nor a boolean",
    "resumed",
  ]);
});

test("a query that fails, gives several rows, writes or takes too long stops, and says why", async () => {
  const database = await paymentsDatabase(1_000);
  await database.query(
    "CREATE TABLE log (a int); CREATE FUNCTION noted() RETURNS int LANGUAGE sql AS 'INSERT INTO public.log VALUES (1) RETURNING a'",
  );
  const queries = {
    gone: { sql: "SELECT a FROM no_such_table" },
    many: { sql: "SELECT generate_series(1, 2)", stop: 1 },
    writes: { sql: "SELECT noted()", stop: 1 },
    late: { sql: "SELECT length(pg_sleep(60)::text)", stop: 1, timeout: 50 },
  };
  const settings = watching({ queries });
  const context = await fillContext(database, { settings });
  const filling = runFill(context, centsOf("payments"));
  await until(async () => context.events.length > 0);
  const [told] = context.events;
  const reason = told?.type === "throttled" ? told.reason : "";
  expect(reason.split("; ")).toEqual([
    'query gone can\'t be read: relation "no_such_table" does not exist',
    "query many can't be read: more than one row returned by a subquery used as an expression",
    "query writes can't be read: cannot execute INSERT in a read-only transaction",
    "query late can't be read: canceling statement due to statement timeout",
  ]);
  context.abort();
  await expect(filling).rejects.toMatchObject({ code: "SEG0309" });
  expect(context.events.at(-1)).toEqual({ type: "released", throttledMs: expect.any(Number) as number });
  expect(await database.query("SELECT FROM log")).toEqual([]);
});

test("neither the fill nor the observer waits for a query that hangs", async () => {
  const database = await paymentsDatabase(20_000);
  await database.query(KNOB);
  const locker = await database.connect();
  const settings = watching({ queries: { knob: { sql: "SELECT value FROM knob", stop: 1, timeout: 10_000 } } });
  let asked = 0;
  const context = await fillContext(database, {
    settings,
    intents: async () => {
      asked += 1;
      // From the second look on the query hangs, for longer than the rest of the fill takes.
      if (asked === 2) await locker.query("BEGIN; LOCK TABLE knob");
      return { pause: false, cancel: false };
    },
  });
  const hangs = async (): Promise<boolean> =>
    (
      await database.query(
        "SELECT FROM pg_stat_activity WHERE application_name = 'segue/1/1/probe' AND wait_event_type = 'Lock'",
      )
    ).length === 1;
  const filling = runFill(context, dawdling("payments", [100, 5_000, 10_000]));
  await until(hangs);
  await context.observer.query("SELECT 1");
  expect(await hangs()).toBe(true);
  expect(await filling).toMatchObject({ rows: 20_000 });
  await locker.query("ROLLBACK");
  expect(context.events.filter(({ type }) => type === "throttled")).toEqual([]);
});
