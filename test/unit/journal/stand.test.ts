import { expect, test } from "vitest";
import { recordEvent } from "../../../src/journal/events.ts";
import { standOf, stoppedUntil, throttledFor } from "../../../src/journal/stand.ts";
import { journalDatabase } from "./journal-database.ts";

test("a runner's last word on throttles is where it stands, since the first of the same; a later runner begins anew", async () => {
  const { database, session, rollout } = await journalDatabase();
  const id = await rollout();
  const tell = async (type: string, detail: Record<string, unknown> = {}): Promise<void> =>
    recordEvent(session, id, type, detail);
  const times = async (): Promise<unknown[]> =>
    (await database.query("SELECT time FROM segue.event WHERE type = 'throttled' ORDER BY id")).map(
      (row) => row["time"],
    );

  expect(await standOf(session, id)).toBeNull();
  await tell("throttled", { level: "slow", reason: "w", throttledMs: 0 });
  await tell("throttled", { level: "stop", reason: "r1", throttledMs: 0 });
  await tell("throttled", { level: "stop", reason: "r2", throttledMs: 0 });
  await tell("step done", { title: "something else" });
  expect(await standOf(session, id)).toEqual({ stand: "stopped", reason: "r2", since: (await times())[1] });
  await tell("paused", { throttledMs: 1_500 });
  expect(await standOf(session, id)).toMatchObject({ stand: "paused" });
  await tell("throttled", { level: "slow", reason: "w", throttledMs: 0 });
  expect(await standOf(session, id)).toEqual({ stand: "slow", reason: "w", since: (await times())[3] });
  await tell("released", { throttledMs: 500 });
  expect(await standOf(session, id)).toBeNull();
  await tell("throttled", { level: "stop", reason: "r1", throttledMs: 0 });
  await tell("lease taken");
  expect(await standOf(session, id)).toBeNull();
  expect(await throttledFor(session, id)).toBe(2_000);
});

test("what holds a worker beside the runner, and its end, says nothing of the runner", async () => {
  const { session, rollout } = await journalDatabase();
  const id = await rollout();
  await recordEvent(session, id, "throttled", { level: "stop", reason: "r", throttledMs: 0 });
  await recordEvent(session, id, "throttled", { level: "stop", reason: "r", throttledMs: 0, joined: true });
  await recordEvent(session, id, "released", { throttledMs: 700, joined: true });
  expect(await standOf(session, id)).toMatchObject({ stand: "stopped", reason: "r" });
  expect(await throttledFor(session, id)).toBe(0);
});

test("a stop of which its runner did not live to tell the end lasted until its last sign of life", async () => {
  const { database, session, rollout } = await journalDatabase();
  const id = await rollout();
  expect(await stoppedUntil(session, id, new Date())).toBe(0);
  await recordEvent(session, id, "throttled", { level: "stop", reason: "r", throttledMs: 0 });
  const [told] = await database.query<{ time: Date }>("SELECT time FROM segue.event");
  const after = (ms: number): Date => new Date(told!.time.getTime() + ms);
  expect(await stoppedUntil(session, id, after(2_500))).toBe(2_500);
  expect(await stoppedUntil(session, id, after(-100))).toBe(0);
  await recordEvent(session, id, "lease taken", { throttledMs: 2_500 });
  expect(await throttledFor(session, id)).toBe(2_500);
});
