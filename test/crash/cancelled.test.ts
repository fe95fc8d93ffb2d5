import { expect, test } from "vitest";
import { CRASH_PLANS } from "../support/crash-plans.ts";
import { afterDeath, expireLease, passedPoints, reached, SUCCESS, workplace } from "../support/crash.ts";
import type { TestDatabase } from "../support/postgres.ts";

const [PLAN] = CRASH_PLANS;
const TAKEN = /DELETE FROM segue\.intent/;

const cancelsOf = (database: TestDatabase): Promise<unknown[]> =>
  database.query("select kind from segue.intent where kind = 'cancel'");

test("a cancellation is obeyed although the answer to taking it was lost", { timeout: 240_000 }, async () => {
  const place = await workplace(PLAN!);
  const before = await place.begunDatabase();
  await place.segue(before).cancel(place.plan);
  expect(await (await place.start(before, ["expand"])).ended).toMatchObject({ error: { code: "SEG0308" } });
  const taken = (await passedPoints(place)).findIndex((line) => TAKEN.test(line));

  const database = await place.begunDatabase();
  await place.segue(database).cancel(place.plan);
  const runner = await place.start(database, ["expand"], { SEGUE_FAILPOINT_DROP: String(taken / 2 + 1) });
  expect(await runner.ended).toMatchObject({ error: { code: "SEG0308" } });
  expect(runner.events.map(({ type }) => type)).toContain("reconnecting");
  expect(await cancelsOf(database)).toEqual([]);
  expect(await (await place.start(database, ["expand"])).ended).toEqual(SUCCESS);
});

test("a runner that was taken over leaves a cancellation to its successor", { timeout: 240_000 }, async () => {
  const place = await workplace(PLAN!);
  const before = await place.begunDatabase();
  await place.segue(before).cancel(place.plan);
  expect(await (await place.start(before, ["expand"])).ended).toMatchObject({ error: { code: "SEG0308" } });
  const point = (await passedPoints(place)).findIndex((line) => TAKEN.test(line)) + 1;

  const database = await place.begunDatabase();
  const segue = place.segue(database);
  await segue.cancel(place.plan);
  const stale = await place.start(database, ["expand"], {
    SEGUE_FAILPOINT: String(point),
    SEGUE_FAILPOINT_SIGNAL: "SIGSTOP",
  });
  expect(await reached(point, stale, place)).toBe(true);
  await expireLease(database);
  await afterDeath(async () => {
    await expect(segue.expand(place.plan)).rejects.toMatchObject({ code: "SEG0308" });
  });
  await segue.cancel(place.plan);
  stale.signal("SIGCONT");
  expect(await stale.ended).toMatchObject({ error: { code: "SEG0403" } });
  expect(await cancelsOf(database)).toHaveLength(1);
});
