import { expect, test } from "vitest";
import { atEveryPoint, expectOutcome, expireLease, finish, outcomeOf, told, WHOLE_LIFE, workplace } from "../support/crash.ts";
import { CRASH_PLANS } from "../support/crash-plans.ts";
import { runRunner } from "../support/runner-process.ts";

/** SEGUE_CRASH_STRIDE=1 tries every point; by default a part of them (test/support/crash.ts). */
test.each(CRASH_PLANS)(
  "$name, killed before or after any of its statements and resumed, ends as if it had not been",
  { timeout: 3_600_000 },
  async (plan) => {
    const place = await workplace(plan);
    const run = async (env: Readonly<Record<string, string>>) => {
      const database = await place.database();
      const end = await runRunner({ url: database.url, plans: place.folder, plan: place.plan, verbs: WHOLE_LIFE, env });
      return { database, end };
    };
    const whole = await run({});
    expect(whole.end).toEqual({ exitCode: 0, signal: null, error: null });
    const reference = await outcomeOf(whole.database);

    const points = await atEveryPoint(async (point) => {
      const { database, end } = await run({ SEGUE_FAILPOINT: String(point), SEGUE_FAILPOINT_LOG: place.log });
      if (end.signal !== "SIGKILL") expect(end).toEqual({ exitCode: 0, signal: null, error: null });
      await told(point, place.log, async () => {
        await expireLease(database);
        await finish(place, place.segue(database));
        await expectOutcome(database, reference, "completed");
      });
      await database.drop();
      return end.signal === "SIGKILL" ? "struck" : "untouched";
    });
    expect(points.length).toBeGreaterThan(0);
  },
);
