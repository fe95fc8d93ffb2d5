import { expect, test } from "vitest";
import { waitersOn } from "../../../src/backfill/throttle/waiting-sessions.ts";
import { until } from "../../support/until.ts";
import { fillContext, paymentsDatabase } from "../fill-database.ts";

test("counts the sessions that wait for a backend, and no other", async () => {
  const database = await paymentsDatabase(10);
  const { session, observer } = await fillContext(database);
  expect(await waitersOn(observer, [session.pid])).toBe(0);
  const client = await database.connect();
  await session.transaction(async () => {
    await session.query("SELECT FROM public.payments WHERE id = 1 FOR UPDATE");
    const waiting = client.query("UPDATE payments SET note = 'z' WHERE id = 1");
    await until(async () => (await waitersOn(observer, [session.pid])) === 1);
    expect(await waitersOn(observer, [observer.pid])).toBe(0);
    await session.query("SELECT 1");
    void waiting;
  });
  await until(async () => (await waitersOn(observer, [session.pid])) === 0);
});
