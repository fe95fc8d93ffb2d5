import { hostname } from "node:os";
import { expect, test } from "vitest";
import { expectOutcome, outcomeOf, reached, SUCCESS, WHOLE_LIFE, workplace } from "../support/crash.ts";
import { RENAME_COLUMN } from "../support/crash-plans.ts";

/** After some batches of the backfill: a point of which the test needs no more than that it lies in the middle. */
const IN_THE_MIDDLE = 300;

test("while one runner works, another exits 5 with the owner's name, and the first goes on", async () => {
  const place = await workplace(RENAME_COLUMN);
  const database = await place.begunDatabase();
  const env = { SEGUE_FAILPOINT: String(IN_THE_MIDDLE), SEGUE_FAILPOINT_SIGNAL: "SIGSTOP" };
  const first = await place.start(database, WHOLE_LIFE, env);
  expect(await reached(IN_THE_MIDDLE, first, place)).toBe(true);

  const second = await place.start(database, WHOLE_LIFE);
  const message = expect.stringContaining(`${hostname()}:${first.pid}`) as string;
  expect(await second.ended).toMatchObject({ exitCode: 5, error: { code: "SEG0305", message } });

  first.signal("SIGCONT");
  expect(await first.ended).toEqual(SUCCESS);
});

test("of runners that start together one does the work, and the others exit 5 or find it done", async () => {
  const place = await workplace(RENAME_COLUMN);
  const alone = await place.database();
  expect(await (await place.start(alone, WHOLE_LIFE)).ended).toEqual(SUCCESS);

  const database = await place.database();
  const runners = await Promise.all(Array.from({ length: 3 }, () => place.start(database, WHOLE_LIFE)));
  const ends = await Promise.all(runners.map((runner) => runner.ended));
  expect(ends.filter((end) => end.exitCode === 0).length).toBeGreaterThan(0);
  for (const end of ends)
    if (end.exitCode !== 0) expect(end).toMatchObject({ exitCode: 5, error: { code: "SEG0305" } });
  await expectOutcome(database, await outcomeOf(alone), "completed");
  expect(await database.query("select count(*)::int as rollouts from segue.rollout")).toEqual([{ rollouts: 1 }]);
});
