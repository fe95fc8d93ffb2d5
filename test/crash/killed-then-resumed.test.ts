import { expect, test } from "vitest";
import {
  atEveryPoint,
  expectOutcome,
  finish,
  killedAt,
  outcomeOf,
  SUCCESS,
  told,
  WHOLE_LIFE,
  workplace,
} from "../support/crash.ts";
import { CRASH_PLANS } from "../support/crash-plans.ts";

/** SEGUE_CRASH_STRIDE=1 tries every point; by default a part of them (test/support/crash.ts). */
test.each(CRASH_PLANS)(
  "$name, killed before or after any of its statements and resumed, ends as if it had not been",
  { timeout: 3_600_000 },
  async (plan) => {
    const place = await workplace(plan);
    const untouched = await place.database();
    expect(await (await place.start(untouched, WHOLE_LIFE)).ended).toEqual(SUCCESS);
    const reference = await outcomeOf(untouched);

    const points = await atEveryPoint(17, async (point) => {
      const database = await place.database();
      const end = await (await place.start(database, WHOLE_LIFE, killedAt(point))).ended;
      if (end.signal !== "SIGKILL") expect(end).toEqual(SUCCESS);
      await told(point, place, async () => {
        await finish(place, place.segue(database));
        await expectOutcome(database, reference, "completed");
      });
      await database.drop();
      return end.signal === "SIGKILL" ? "struck" : "untouched";
    });
    expect(points.length).toBeGreaterThan(0);
  },
);
