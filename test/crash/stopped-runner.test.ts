import { expect, test } from "vitest";
import {
  atEveryPoint,
  expectOutcome,
  expireLease,
  finish,
  journalOf,
  outcomeOf,
  reached,
  SUCCESS,
  told,
  WHOLE_LIFE,
  workplace,
} from "../support/crash.ts";
import { CHANGE_TYPE, CREATE_INDEX, RENAME_COLUMN } from "../support/crash-plans.ts";

/**
 * A process that hangs (SIGSTOP) keeps its connections, locks and open transaction: another one takes over when the
 * lease has run out. SEGUE_CRASH_STRIDE=1 tries every point; by default a part of them (test/support/crash.ts).
 */
test.each([RENAME_COLUMN, CHANGE_TYPE, CREATE_INDEX])(
  "a runner of $name that hangs at any of its statements and wakes after a takeover commits nothing",
  { timeout: 3_600_000 },
  async (plan) => {
    const place = await workplace(plan);
    const untouched = await place.begunDatabase();
    expect(await (await place.start(untouched, WHOLE_LIFE)).ended).toEqual(SUCCESS);
    const reference = await outcomeOf(untouched);

    const points = await atEveryPoint(303, async (point) => {
      const database = await place.begunDatabase();
      const env = { SEGUE_FAILPOINT: String(point), SEGUE_FAILPOINT_SIGNAL: "SIGSTOP" };
      const runner = await place.start(database, WHOLE_LIFE, env);
      const stopped = await reached(point, runner, place);
      await told(point, place, async () => {
        if (!stopped) return expect(await runner.ended).toEqual(SUCCESS);
        const leases = await database.query<{ owner: string }>("select owner from segue.lease");
        await expireLease(database);
        await finish(place, place.segue(database));
        await expectOutcome(database, reference, "completed");

        const journal = await journalOf(database);
        runner.signal("SIGCONT");
        const end = await runner.ended;
        // One that had no lease when it stopped has lost nothing: it finds that all is done.
        if (leases.some(({ owner }) => owner.endsWith(`:${runner.pid}`))) {
          expect(end).toMatchObject({ exitCode: 1, error: { code: "SEG0403" } });
          expect(await journalOf(database)).toEqual(journal);
        }
        await expectOutcome(database, reference, "completed");
      });
      await database.drop();
      return stopped ? "struck" : "untouched";
    });
    expect(points.length).toBeGreaterThan(0);
  },
);
