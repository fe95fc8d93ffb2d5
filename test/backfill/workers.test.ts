import { expect, onTestFinished, test } from "vitest";
import { ClaimKeeper } from "../../src/backfill/claim-keeper.ts";
import { claimNext } from "../../src/backfill/claims.ts";
import type { FillContext } from "../../src/backfill/context.ts";
import { joinFill } from "../../src/backfill/join-fill.ts";
import { Pacing } from "../../src/backfill/pacing.ts";
import { Brake } from "../../src/backfill/throttle/brake.ts";
import { runFill } from "../../src/backfill/run-fill.ts";
import { Tracker } from "../../src/backfill/tracker.ts";
import { Worker } from "../../src/backfill/worker.ts";
import { openSession } from "../../src/postgres/session.ts";
import { sleep } from "../../src/postgres/sleep.ts";
import { MAJORS, type TestDatabase } from "../support/postgres.ts";
import {
  centsOf,
  dawdling,
  fillContext,
  paymentsDatabase,
  type Queryable,
  slowly,
  type TestContext,
  WRONG,
} from "./fill-database.ts";

const ROWS = 40_000;
const wrong = `SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`;
/** Rows that the fill has written, and how many times it wrote any. */
const written = "SELECT count(*)::int AS times, count(DISTINCT id)::int AS rows FROM fired";

/** `payments`, whose updates by a fill are counted. */
async function counted(major?: number): Promise<TestDatabase> {
  const database = await paymentsDatabase(ROWS, major === undefined ? {} : { major });
  await database.query(`
    CREATE TABLE fired (id bigint);
    CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.fired VALUES (NEW.id); RETURN NULL; END $$;
    CREATE TRIGGER fired AFTER UPDATE ON payments FOR EACH ROW WHEN (current_setting('segue.fill', true) <> '') EXECUTE FUNCTION fired();`);
  return database;
}

/** A context that may open more sessions, for so many workers. */
async function crewContext(
  database: Queryable,
  workers: number,
  changes: Partial<FillContext> = {},
): Promise<TestContext> {
  return await fillContext(database, {
    settings: { ...slowly, workers },
    connect: async (part) => await openSession({ connectionString: database.url }, { applicationName: part }),
    ...changes,
  });
}

/** Rows that take their time, spread over the table, so that there is something to do for more than one. */
const SLOW = Array.from({ length: 12 }, (_, n) => 1_500 + n * 3_000);
const tuning = { partBlocks: 60, lookEvery: 5 };

test.each(MAJORS)(
  "three workers in one process fill each row once, and progress adds them up, on PostgreSQL %s",
  async (major) => {
    const database = await counted(major);
    const context = await crewContext(database, 3);
    expect(await runFill(context, dawdling("payments", SLOW), tuning)).toEqual({ rows: ROWS, quarantined: 0 });
    expect(await database.query(wrong)).toEqual([{ n: 0 }]);
    expect(await database.query(written)).toEqual([{ times: ROWS, rows: ROWS }]);
    const counts = context.events.flatMap((event) => (event.type === "workers" ? [event.workers] : []));
    expect(Math.max(...counts)).toBeGreaterThan(1);
    const [extents] = await database.query(
      "SELECT count(*)::int > 5 AS many, bool_and(state = 'done' AND swept AND owner IS NULL) AS done, sum(rows_done)::int AS rows FROM segue.extent",
    );
    expect(extents).toEqual({ many: true, done: true, rows: ROWS });
    const progress = context.events.flatMap((event) => (event.type === "progress" ? [event] : []));
    const fractions = progress.map(({ fraction }) => fraction);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(progress.every(({ blocks, rows }) => blocks.done <= blocks.total && rows <= ROWS)).toBe(true);
    expect(progress.at(-1)).toMatchObject({ fraction: 1, rows: ROWS });
  },
);

test("the parts of a leaf cover it without a gap", async () => {
  const database = await paymentsDatabase(ROWS);
  await runFill(await fillContext(database), centsOf("payments"), { partBlocks: 100 });
  const parts = await database.query<{ first: number; end: number }>(
    "SELECT first_block::int AS first, end_block::int AS end FROM segue.extent ORDER BY part",
  );
  expect(parts.length).toBeGreaterThan(3);
  expect(parts[0]!.first).toBe(0);
  expect(parts.slice(1).map(({ first }) => first)).toEqual(parts.slice(0, -1).map(({ end }) => end));
  const [size] = await database.query<{ blocks: number }>(
    "SELECT (pg_relation_size('payments') / current_setting('block_size')::int)::int AS blocks",
  );
  expect(parts.at(-1)!.end).toBeGreaterThanOrEqual(size!.blocks);
});

test("VACUUM FULL in the middle begins all parts again, those that were done included, and loses no row of three workers", async () => {
  const database = await counted();
  let struck = false;
  const context = await crewContext(database, 3, {
    intents: async () => {
      const [done] = await database.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM segue.extent WHERE state = 'done'",
      );
      if (!struck && done!.n > 0) {
        struck = true;
        // Rows that are not filled yet come to lie where parts are done.
        await database.query("CLUSTER payments USING payments_customer");
      }
      return { pause: false, cancel: false };
    },
  });
  expect(await runFill(context, dawdling("payments", SLOW), tuning)).toEqual({ rows: ROWS, quarantined: 0 });
  expect(struck).toBe(true);
  expect(context.events.filter(({ type }) => type === "restarted")).toHaveLength(1);
  expect(await database.query(wrong)).toEqual([{ n: 0 }]);
  expect(await database.query(written)).toEqual([{ times: ROWS, rows: ROWS }]);
});

test("two processes share the leaves of a partitioned table, and one attached meanwhile, once each", async () => {
  const database = await paymentsDatabase(0);
  await database.query(`
    CREATE TABLE sales (id bigint, amount text, cents bigint) PARTITION BY RANGE (id);
    ${Array.from({ length: 7 }, (_, n) => `CREATE TABLE sales_${n} PARTITION OF sales FOR VALUES FROM (${n * 1000}) TO (${(n + 1) * 1000});`).join("\n")}
    INSERT INTO sales SELECT g, g || '.10' FROM generate_series(0, 6999) AS g;
    CREATE TABLE sales_7 (LIKE sales); INSERT INTO sales_7 SELECT g, g || '.10' FROM generate_series(7000, 7999) AS g`);
  const step = dawdling("sales", [500, 1_500, 2_500, 3_500, 4_500, 5_500]);
  let joined: Promise<number> | null = null;
  const context = await crewContext(database, 2, {
    emit: (event) => {
      if (event.type === "swept" && joined === null) joined = second();
    },
  });
  const second = async (): Promise<number> => {
    await database.query("ALTER TABLE sales ATTACH PARTITION sales_7 FOR VALUES FROM (7000) TO (8000)");
    return await joinFill(await fillContext(database, { joined: true }), step);
  };
  expect(await runFill(context, step, tuning)).toEqual({ rows: 8_000, quarantined: 0 });
  expect(joined).not.toBeNull();
  await expect(Promise.resolve(joined)).resolves.toBeGreaterThan(0);
  expect(
    await database.query("SELECT count(*)::int AS n FROM sales WHERE cents IS DISTINCT FROM id * 100 + 10"),
  ).toEqual([{ n: 0 }]);
});

test("a worker beside the runner does not count what the network takes", async () => {
  const database = await paymentsDatabase(1_500);
  const first = await fillContext(database, { emit: () => first.abort() });
  await expect(runFill(first, centsOf("payments"))).rejects.toMatchObject({ code: "SEG0309" });
  const context = await fillContext(database, { joined: true });
  const { session } = context;
  const send = session.script.bind(session);
  const windows: number[] = [];
  session.script = async (sql) => {
    // Longer than a batch may take.
    await sleep(context.settings.batch_time + 10);
    const window = /window_blocks = (\d+)/.exec(sql)?.[1];
    if (window !== undefined) windows.push(Number(window));
    return await send(sql);
  };
  expect(await joinFill(context, centsOf("payments"))).toBe(1);
  expect(Math.max(...windows.slice(1))).toBeGreaterThan(windows[0]!);
  expect(await database.query(wrong)).toEqual([{ n: 0 }]);
});

test("a sweep that somebody else had begun is not the proof", async () => {
  const database = await paymentsDatabase(ROWS);
  const first = await fillContext(database, {
    settings: slowly,
    emit: (event) => {
      if (event.type === "progress") first.abort();
    },
  });
  await expect(runFill(first, dawdling("payments", SLOW), tuning)).rejects.toMatchObject({ code: "SEG0309" });
  // As a sweep leaves them that was cut off after half of its extent: what it has passed is not proved.
  await database.query("UPDATE segue.extent SET stripes = 1, stripe = 0, cursor_block = (first_block + end_block) / 2");
  expect(await runFill(await fillContext(database), centsOf("payments"), tuning)).toEqual({
    rows: ROWS,
    quarantined: 0,
  });
  expect(await database.query(wrong)).toEqual([{ n: 0 }]);
});

test("a batch of a worker that has lost its claim commits nothing, and the worker goes on elsewhere", async () => {
  const database = await counted();
  let taken = 0;
  const context = await fillContext(database, {
    settings: slowly,
    intents: async () => {
      if (taken === 0)
        taken = (
          await database.query(
            "UPDATE segue.extent SET owner = 'somebody', owner_pid = 0 WHERE owner IS NOT NULL RETURNING id",
          )
        ).length;
      return { pause: false, cancel: false };
    },
  });
  expect(await runFill(context, dawdling("payments", SLOW), tuning)).toEqual({ rows: ROWS, quarantined: 0 });
  expect(taken).toBe(1);
  expect(await database.query(written)).toEqual([{ times: ROWS, rows: ROWS }]);
});

/** A worker that has claimed something of a step, whose extents a fill has left. */
async function halfFilled(): Promise<{ database: TestDatabase; claimant: (epoch?: number) => Promise<Worker> }> {
  const database = await paymentsDatabase(5_000);
  await runFill(await fillContext(database), centsOf("payments"));
  await database.query("UPDATE segue.extent SET state = 'pending'");
  const claimant = async (epoch = 1): Promise<Worker> => {
    const context = await fillContext(database, { epoch });
    return new Worker(context, centsOf("payments"), new Pacing(context, new Brake(context, [])), 500);
  };
  return { database, claimant };
}

test("a claim stands while its holder lives and gives signs of life; the heartbeat is one", async () => {
  const { database, claimant } = await halfFilled();
  const [holder, other] = [await claimant(), await claimant()];
  const extent = await claimNext(holder, null, []);
  expect(extent).not.toBeNull();
  expect(await claimNext(other, null, [])).toBeNull();

  const keeper = new ClaimKeeper(
    holder,
    new Tracker(holder.context, { schema: "public", name: "payments" }, { sweeps: true }),
  );
  onTestFinished(() => keeper.stop());
  keeper.hold(extent!, holder.owner);
  await database.query("UPDATE segue.extent SET updated_at = clock_timestamp() - interval '1 minute'");
  await keeper.beat();
  expect(await claimNext(other, null, [])).toBeNull();

  await database.query("UPDATE segue.extent SET updated_at = clock_timestamp() - interval '1 minute'");
  expect(await claimNext(other, null, [])).toMatchObject({ id: extent!.id });
  await expect(claimNext(holder, extent, [])).rejects.toMatchObject({ name: "ClaimLost" });
});

test("a claim ends at once with its holder's session, and with its epoch", async () => {
  const { database, claimant } = await halfFilled();
  const [first, second] = [await claimant(), await claimant()];
  expect(await claimNext(first, null, [])).not.toBeNull();
  await database.query("SELECT pg_terminate_backend($1, 10000)", [first.context.session.pid]);
  expect(await claimNext(second, null, [])).not.toBeNull();
  await database.query("UPDATE segue.rollout SET epoch = 2");
  await expect(claimNext(second, null, [])).rejects.toMatchObject({ code: "SEG0403" });
  expect(await claimNext(await claimant(2), null, [])).not.toBeNull();
});

test("a worker beside the runner commits nothing in another state, though the epoch is the same", async () => {
  const { database } = await halfFilled();
  await database.query("UPDATE segue.rollout SET state = 'reversing'");
  await expect(joinFill(await fillContext(database, { joined: true }), centsOf("payments"))).rejects.toMatchObject({
    code: "SEG0403",
  });
});
