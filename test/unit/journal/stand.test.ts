import { expect, test } from "vitest";
import { recordEvent } from "../../../src/journal/events.ts";
import { standOf, throttledFor } from "../../../src/journal/stand.ts";
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
