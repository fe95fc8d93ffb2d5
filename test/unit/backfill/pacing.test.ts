import { expect, test } from "vitest";
import type { BackfillEvent, FillContext, Intents } from "../../../src/backfill/context.ts";
import { Pacing } from "../../../src/backfill/pacing.ts";
import { Brake } from "../../../src/backfill/throttle/brake.ts";
import type { SessionSignal, Verdict } from "../../../src/backfill/throttle/signal.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import type { Session } from "../../../src/postgres/session.ts";

const NOTHING: Intents = { pause: false, cancel: false };

/** Sessions of a context without a database: what is tested here sends nothing to one. */
const session = { pid: 7, closed: false, close: async () => {} } as unknown as Session;

function pacing(changes: Partial<FillContext> = {}, signals: readonly SessionSignal[] = []) {
  const events: BackfillEvent[] = [];
  let listener: () => void = () => {};
  const context = {
    plan: "1_a",
    session,
    settings: DEFAULT_SETTINGS.backfill,
    signal: new AbortController().signal,
    emit: (event: BackfillEvent) => void events.push(event),
    intents: async () => NOTHING,
    onAsked: (asked: () => void) => {
      listener = asked;
      return () => {};
    },
    openProbe: async () => session,
    ...changes,
  } as FillContext;
  const brake = new Brake(context, signals);
  return { brake, context, pacing: new Pacing(context, brake), events, announce: () => listener() };
}

/** A signal that gives one verdict after the other, and the last one for ever. */
function signalOf(verdicts: readonly Verdict[], asked: boolean[] = []): SessionSignal {
  const left = [...verdicts];
  return {
    source: "session",
    name: "s",
    read: async () => null,
    judge: (_, standing) => {
      asked.push(standing);
      return (left.length > 1 ? left.shift() : left[0]) ?? { level: "go" };
    },
    overdue: () => null,
  };
}

test("a signal holds the fill until it lets go, and is told that it stands still", async () => {
  const asked: boolean[] = [];
  const stop: Verdict = { level: "stop", subject: "r1", reason: "r1 is behind" };
  const { pacing: paced, events } = pacing({}, [signalOf([stop, stop, { level: "go" }], asked)]);
  await paced.boundary();
  expect(asked).toEqual([false, true, true]);
  expect(events).toEqual([
    { type: "throttled", level: "stop", reason: "r1 is behind", throttledMs: 0 },
    { type: "resumed", throttledMs: expect.any(Number) as number },
  ]);
});

test("however many workers there are, the signals and the intents are asked at most every half second", async () => {
  let asked = 0;
  const {
    brake,
    context,
    pacing: paced,
  } = pacing({
    intents: async () => {
      asked += 1;
      return NOTHING;
    },
  });
  const others = Array.from({ length: 4 }, () => new Pacing(context, brake));
  for (let n = 0; n < 100; n += 1) await Promise.all([paced, ...others].map((one) => one.boundary()));
  expect(asked).toBe(1);
});

test("what is announced is looked at by the next boundary, and nothing is asked at the others", async () => {
  const asked: Intents[] = [NOTHING, { pause: true, cancel: false }, NOTHING];
  let times = 0;
  const {
    pacing: paced,
    events,
    announce,
  } = pacing({
    intents: async () => {
      times += 1;
      const intents = asked.shift() ?? NOTHING;
      // The pause is taken back as soon as it was seen.
      if (intents.pause) queueMicrotask(announce);
      return intents;
    },
  });
  await paced.boundary();
  await paced.boundary();
  expect([times, events]).toEqual([1, []]);
  announce();
  const started = performance.now();
  await paced.boundary();
  expect(performance.now() - started).toBeLessThan(400);
  expect(times).toBe(3);
  expect(events.map(({ type }) => type)).toEqual(["paused", "resumed"]);
});

test("an abort ends a pause at once", async () => {
  const controller = new AbortController();
  const { pacing: paced } = pacing({
    signal: controller.signal,
    intents: async () => {
      queueMicrotask(() => controller.abort());
      return { pause: true, cancel: false };
    },
  });
  await expect(paced.boundary()).rejects.toMatchObject({ code: "SEG0309", object: "1_a", next: "segue resume 1_a" });
});

test("a cancellation counts more than a pause", async () => {
  const { pacing: paced } = pacing({ intents: async () => ({ pause: true, cancel: true }) });
  await expect(paced.boundary()).rejects.toMatchObject({
    code: "SEG0308",
    message: "1_a was cancelled on request",
    object: "1_a",
    next: "segue resume 1_a goes on; segue reverse 1_a takes it back",
  });
});

test("a ratio sleeps in proportion to the work, and not after it was taken off", async () => {
  let throttle: Intents["throttle"] = { ratio: 2, actor: "mia", until: null };
  const {
    pacing: paced,
    events,
    announce,
  } = pacing({
    intents: async () => (throttle === undefined ? NOTHING : { ...NOTHING, throttle }),
  });
  const spin = async (ms: number): Promise<void> => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };
  await paced.boundary();
  await paced.watched(() => spin(20));
  const started = performance.now();
  await paced.boundary();
  expect(performance.now() - started).toBeGreaterThan(35);
  expect(events).toEqual([
    { type: "throttled", level: "slow", reason: "mia asked for 2 s of sleep per second of work", throttledMs: 0 },
  ]);

  throttle = { ratio: 100, actor: "mia", until: null };
  announce();
  await paced.boundary();
  await paced.watched(() => spin(100));
  throttle = undefined;
  queueMicrotask(announce);
  const freed = performance.now();
  await paced.boundary();
  expect(performance.now() - freed).toBeLessThan(400);
});

test("a signal above `slow` makes batches small, and sleeps where the settings say so", async () => {
  const slow: Verdict = { level: "slow", subject: "p", reason: "p 2 > 1" };
  const throttle = { ...DEFAULT_SETTINGS.backfill.throttle, slow_ratio: 3 };
  const settings = { ...DEFAULT_SETTINGS.backfill, throttle };
  const { brake, pacing: paced, events } = pacing({ settings }, [signalOf([slow])]);
  expect(paced.target()).toBe(50);
  await paced.boundary();
  expect(paced.target()).toBe(10);
  expect(brake.ratio).toBe(3);
  expect(events).toEqual([{ type: "throttled", level: "slow", reason: "p 2 > 1", throttledMs: 0 }]);
  await brake.close();
  expect(events.at(-1)).toEqual({ type: "released", throttledMs: 0 });
});
