import { expect, test } from "vitest";
import type { BackfillEvent } from "../../src/backfill/context.ts";
import { joinFill } from "../../src/backfill/join-fill.ts";
import { runFill } from "../../src/backfill/run-fill.ts";
import type { TestDatabase } from "../support/postgres.ts";
import { dawdling, fillContext, paymentsDatabase, slowly, type TestContext } from "./fill-database.ts";

type Told = Extract<BackfillEvent, { type: "progress" }>;
const ROWS = 30_000;

const told = (context: TestContext): Told[] =>
  context.events.filter((event): event is Told => event.type === "progress");

async function journaled(database: TestDatabase): Promise<{ rows: number; hot: number; wal: number }> {
  const [row] = await database.query<{ rows: number; hot: number; wal: number }>(
    "SELECT sum(rows_done)::float8 AS rows, sum(hot_rows)::float8 AS hot, sum(wal_bytes)::float8 AS wal FROM segue.extent",
  );
  return row ?? { rows: 0, hot: 0, wal: 0 };
}

/** Makes `payments` a table that is walked by its key. */
const UNORDERED = `CREATE ACCESS METHOD other TYPE TABLE HANDLER heap_tableam_handler;
ALTER TABLE payments RENAME TO heap;
CREATE TABLE payments (LIKE heap INCLUDING ALL) USING other;
INSERT INTO payments SELECT * FROM heap;
ANALYZE payments`;

test.each(["stripes", "key"] as const)(
  "progress goes on where it stood after a resume, by %s, and ends with what was done",
  async (method) => {
    const database = await paymentsDatabase(ROWS);
    if (method === "key") await database.query(UNORDERED);
    const first = await fillContext(database, {
      settings: slowly,
      emit: (event) => {
        if (event.type === "progress" && event.rows > ROWS / 4) first.abort();
      },
    });
    await expect(runFill(first, dawdling("payments", [ROWS / 2]))).rejects.toMatchObject({ code: "SEG0309" });
    const before = await journaled(database);
    const stood = told(first).at(-1)!;
    expect(before.wal).toBeGreaterThan(before.rows * 50);

    const second = await fillContext(database, { settings: slowly });
    await runFill(second, dawdling("payments", [ROWS / 2]));
    const events = told(second);
    expect(events[0]!.rows).toBeGreaterThanOrEqual(before.rows);
    expect(events[0]!.walBytes).toBeGreaterThanOrEqual(before.wal);
    expect(events[0]!.fraction).toBeGreaterThan(0.8 * stood.fraction);
    expect(events.every(({ fraction, blocks }) => fraction <= 1 && blocks.done <= blocks.total)).toBe(true);
    const end = await journaled(database);
    expect(end.rows).toBe(ROWS);
    expect(events.at(-1)).toMatchObject({ fraction: 1, rows: ROWS, hotShare: end.hot / end.rows });
    // The journal's own row is not counted in it.
    expect(events.at(-1)!.walBytes! / end.wal).toBeGreaterThan(0.95);
    expect(events.at(-1)!.walBytes! / end.wal).toBeLessThan(1.2);
  },
);

test("the progress of one process holds what another one's worker has written", async () => {
  const database = await paymentsDatabase(ROWS);
  const joined: Promise<number>[] = [];
  const context = await fillContext(database, {
    settings: slowly,
    emit: (event) => {
      if (event.type === "progress" && joined.length === 0) joined.push(join());
    },
  });
  const join = async (): Promise<number> =>
    joinFill(await fillContext(database, { settings: slowly, joined: true }), step);
  const step = dawdling("payments", [1_000, 5_000, 9_000, 13_000, 17_000, 21_000, 25_000, 29_000]);
  expect(await runFill(context, step, { partBlocks: 60 })).toEqual({ rows: ROWS, quarantined: 0 });
  expect(await joined[0]).toBeGreaterThan(0);
  const end = await journaled(database);
  const last = told(context).at(-1)!;
  expect(last).toMatchObject({ fraction: 1, rows: ROWS });
  expect(Math.abs(last.hotShare! - end.hot / end.rows)).toBeLessThan(0.05);
});
