import { expect, test } from "vitest";
import {
  atEveryPoint,
  expectOutcome,
  expectReversed,
  outcomeOf,
  passedPoints,
  SUCCESS,
  told,
  WHOLE_LIFE,
  workplace,
} from "../support/crash.ts";
import { CRASH_PLANS } from "../support/crash-plans.ts";

/** From within the last transaction of a drop to the end of the process. */
const LAST = 14;

/**
 * The answer to a statement, COMMIT among them, is lost with its connection: whether it happened is for the journal to
 * tell. SEGUE_CRASH_STRIDE=1 tries every statement; by default a part of them (test/support/crash.ts).
 */
test.each(CRASH_PLANS)(
  "$name goes on by itself whichever answer of the server is lost",
  { timeout: 3_600_000 },
  async (plan) => {
    const place = await workplace(plan);
    const untouched = await place.database();
    expect(await (await place.start(untouched, WHOLE_LIFE)).ended).toEqual(SUCCESS);
    const reference = await outcomeOf(untouched);

    const statements = await atEveryPoint(101, async (statement) => {
      const database = await place.database();
      const end = await (await place.start(database, WHOLE_LIFE, { SEGUE_FAILPOINT_DROP: String(statement) })).ended;
      await told(2 * statement, place, async () => {
        expect(end).toEqual(SUCCESS);
        await expectOutcome(database, reference, "completed");
      });
      await database.drop();
      return (await passedPoints(place)).length > 2 * statement ? "struck" : "untouched";
    });
    expect(statements.length).toBeGreaterThan(0);
  },
);

test.each(CRASH_PLANS)(
  "the reversal of $name goes on by itself whichever answer of the server is lost",
  { timeout: 3_600_000 },
  async (plan) => {
    const place = await workplace(plan);
    const initial = await outcomeOf(await place.database());

    const statements = await atEveryPoint(101, async (statement) => {
      const database = await place.reversibleDatabase();
      const end = await (await place.start(database, ["reverse"], { SEGUE_FAILPOINT_DROP: String(statement) })).ended;
      await told(2 * statement, place, async () => {
        expect(end).toEqual(SUCCESS);
        await expectReversed(database, plan, initial);
      });
      await database.drop();
      return (await passedPoints(place)).length > 2 * statement ? "struck" : "untouched";
    });
    expect(statements.length).toBeGreaterThan(0);
  },
);

test.each(CRASH_PLANS.slice(0, 1))(
  "$name is completed whichever of its last answers is lost",
  async (plan) => {
    const place = await workplace(plan);
    const untouched = await place.database();
    expect(await (await place.start(untouched, WHOLE_LIFE)).ended).toEqual(SUCCESS);
    const reference = await outcomeOf(untouched);
    const statements = Math.floor((await passedPoints(place)).length / 2);

    for (let statement = statements - LAST; statement <= statements; statement += 1) {
      const database = await place.database();
      const end = await (await place.start(database, WHOLE_LIFE, { SEGUE_FAILPOINT_DROP: String(statement) })).ended;
      await told(2 * statement, place, async () => {
        expect(end).toEqual(SUCCESS);
        await expectOutcome(database, reference, "completed");
        const events = await database.query<{ type: string }>("select type from segue.event where type = 'completed'");
        expect(events).toHaveLength(1);
      });
      await database.drop();
    }
  },
  600_000,
);
