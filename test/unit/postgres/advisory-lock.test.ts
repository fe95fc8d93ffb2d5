import { expect, test } from "vitest";
import { releaseRolloutLock, rolloutLockHolder, tryRolloutLock } from "../../../src/postgres/advisory-lock.ts";
import { openSession } from "../../../src/postgres/session.ts";
import { testDatabase } from "../../support/postgres.ts";
import { until } from "../../support/until.ts";

test("one session has a rollout's lock; the next one is told so without waiting, and who has it", async () => {
  const database = await testDatabase();
  const target = { connectionString: database.url };
  const first = await openSession(target, { applicationName: "segue/7/1" });
  const second = await openSession(target, { applicationName: "segue/7/2" });
  for (const rollout of ["7", "4611686018427387904"]) {
    expect(await rolloutLockHolder(second, rollout)).toBeNull();
    expect(await tryRolloutLock(first, rollout)).toBe(true);
    expect(await tryRolloutLock(second, rollout)).toBe(false);
    expect(await rolloutLockHolder(second, rollout)).toEqual({ pid: first.pid, application: "segue/7/1" });
    expect(await releaseRolloutLock(second, rollout)).toBe(false);
  }
  expect(await tryRolloutLock(second, "8")).toBe(true);

  expect(await releaseRolloutLock(first, "7")).toBe(true);
  expect(await tryRolloutLock(second, "7")).toBe(true);
  await second.close();
  // The server ends a session a moment after its client has gone.
  await until(() => tryRolloutLock(first, "7"));
  await first.close();
});

test("another database's rollout of the same number is not in the way", async () => {
  const [one, two] = [await testDatabase(), await testDatabase()];
  const first = await openSession({ connectionString: one.url }, { applicationName: "segue/1/1" });
  const second = await openSession({ connectionString: two.url }, { applicationName: "segue/1/1" });
  expect(await tryRolloutLock(first, "1")).toBe(true);
  expect(await rolloutLockHolder(second, "1")).toBeNull();
  expect(await tryRolloutLock(second, "1")).toBe(true);
  await Promise.all([first.close(), second.close()]);
});
