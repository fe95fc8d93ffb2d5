import { expect, test } from "vitest";
import type { BackfillEvent, FillContext } from "../../../src/backfill/context.ts";
import { type Brake, Pacing } from "../../../src/backfill/pacing.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";

/** A context without a database: what is tested here sends nothing to one. */
function pacing(brake: Brake, changes: Partial<FillContext> = {}) {
  const events: BackfillEvent[] = [];
  const context = {
    plan: "1_a",
    settings: DEFAULT_SETTINGS.backfill,
    signal: new AbortController().signal,
    emit: (event: BackfillEvent) => void events.push(event),
    intents: async () => ({ pause: false, cancel: false }),
    ...changes,
  } as FillContext;
  return { pacing: new Pacing(context, brake), events };
}

test("a brake holds the fill until it lets go, and is told that it stands still", async () => {
  const asked: boolean[] = [];
  const reasons = ["r1 is behind", "r1 is behind", null];
  const { pacing: paced, events } = pacing(async (resuming) => {
    asked.push(resuming);
    return reasons.shift() ?? null;
  });
  await paced.boundary();
  expect(asked).toEqual([false, true, true]);
  expect(events).toEqual([{ type: "throttled", reason: "r1 is behind" }, { type: "resumed" }]);
});

test("the brake and the intents are asked at most every half second", async () => {
  let asked = 0;
  const { pacing: paced } = pacing(async () => {
    asked += 1;
    return null;
  });
  for (let n = 0; n < 100; n += 1) await paced.boundary();
  expect(asked).toBe(1);
});

test("an abort ends a pause at once", async () => {
  const controller = new AbortController();
  const { pacing: paced } = pacing(async () => null, {
    signal: controller.signal,
    intents: async () => {
      queueMicrotask(() => controller.abort());
      return { pause: true, cancel: false };
    },
  });
  await expect(paced.boundary()).rejects.toMatchObject({ code: "SEG0309", object: "1_a", next: "segue resume 1_a" });
});

test("a cancellation counts more than a pause", async () => {
  const { pacing: paced } = pacing(async () => null, { intents: async () => ({ pause: true, cancel: true }) });
  await expect(paced.boundary()).rejects.toMatchObject({
    code: "SEG0308",
    message: "1_a was cancelled on request",
    object: "1_a",
    next: "segue resume 1_a goes on; segue reverse 1_a takes it back",
  });
});
