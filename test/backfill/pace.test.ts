import { expect, test } from "vitest";
import { runFill } from "../../src/backfill/run-fill.ts";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import { centsOf, fillContext, paymentsDatabase, WRONG } from "./fill-database.ts";

/** Where a batch leaves the cursor. */
const CURSOR = /cursor_block = (\d+), stripe = (\d+), window_blocks = (\d+)/;

test("a window that is being filled shrinks at once when clients wait, and the rows that it leaves are filled after it", async () => {
  const database = await paymentsDatabase(40_000);
  const batches: { block: number; stripe: number; window: number; took: number }[] = [];
  const firstBusy = (): number => batches.findIndex(({ stripe, window }) => window > 100 && stripe > 20);
  const context = await fillContext(database, {
    settings: {
      ...DEFAULT_SETTINGS.backfill,
      get batch_time() {
        // A third of what a batch takes: too long, but not far too long.
        return firstBusy() < 0 ? 50 : batches[firstBusy()]!.took / 3;
      },
    },
  });
  const { session } = context;
  const send = session.script.bind(session);
  session.script = async (sql) => {
    const [, block, stripe, window] = CURSOR.exec(sql)?.map(Number) ?? [];
    const began = performance.now();
    const results = await send(sql);
    const took = performance.now() - began;
    if (block !== undefined) batches.push({ block, stripe: stripe ?? 0, window: window ?? 0, took });
    return results;
  };
  expect(await runFill(context, centsOf("payments"))).toEqual({ rows: 40_000, quarantined: 0 });
  const [before, after] = batches.slice(firstBusy());
  // The same window goes on, over a part of it.
  expect(after).toMatchObject({ block: before!.block, stripe: before!.stripe + 1 });
  expect(after!.window).toBeLessThan(before!.window);
  expect(after!.window).toBeGreaterThan(before!.window / 10);
  expect(await database.query(`SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`)).toEqual([{ n: 0 }]);
});
