import { expect, test } from "vitest";
import {
  afterDeath,
  atEveryPoint,
  expectReversed,
  killedAt,
  outcomeOf,
  resume,
  stateOf,
  SUCCESS,
  told,
  WHOLE_LIFE,
  workplace,
} from "../support/crash.ts";
import { CRASH_PLANS } from "../support/crash-plans.ts";

/** SEGUE_CRASH_STRIDE=1 tries every point; by default a part of them (test/support/crash.ts). */
test.each(CRASH_PLANS)(
  "$name, killed before or after any of its statements and reversed, leaves no trace",
  { timeout: 3_600_000 },
  async (plan) => {
    const place = await workplace(plan);
    const initial = await outcomeOf(await place.database());

    const points = await atEveryPoint(17, async (point) => {
      const database = await place.database();
      const end = await (await place.start(database, WHOLE_LIFE, killedAt(point))).ended;
      if (end.signal !== "SIGKILL") expect(end).toEqual(SUCCESS);
      const state = await stateOf(database);
      // What was dropped comes back by a rollout of its own: not the matter of this test.
      const dropped = state === "dropping" || (state === "completed" && plan.drops);
      await told(point, place, async () => {
        if (dropped) return;
        if (state !== null) await afterDeath(() => place.segue(database).reverse(place.plan));
        await expectReversed(database, plan, initial, state === null ? null : "reversed");
      });
      await database.drop();
      return end.signal === "SIGKILL" && !dropped ? "struck" : "untouched";
    });
    expect(points.length).toBeGreaterThan(0);
  },
);

test.each(CRASH_PLANS)(
  "$name, killed before or after any statement of its reversal and resumed, leaves no trace",
  { timeout: 3_600_000 },
  async (plan) => {
    const place = await workplace(plan);
    const initial = await outcomeOf(await place.database());

    const points = await atEveryPoint(17, async (point) => {
      const database = await place.reversibleDatabase();
      const end = await (await place.start(database, ["reverse"], killedAt(point))).ended;
      if (end.signal !== "SIGKILL") expect(end).toEqual(SUCCESS);
      await told(point, place, async () => {
        await resume(place.plan, place.segue(database));
        await place.segue(database).reverse(place.plan);
        await expectReversed(database, plan, initial);
      });
      await database.drop();
      return end.signal === "SIGKILL" ? "struck" : "untouched";
    });
    expect(points.length).toBeGreaterThan(0);
  },
);
