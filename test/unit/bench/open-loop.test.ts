import { expect, test } from "vitest";
import { OpenLoop, type Served } from "../../../bench/open-loop.ts";

/** A loop over connections that answer when the test says so. */
function controlled(connections: number) {
  const answers: (() => void)[] = [];
  const served: Served[] = [];
  let now = 0;
  const loop = new OpenLoop({
    connections: Array.from({ length: connections }, (_, index) => index),
    serve: () => new Promise<void>((resolve) => answers.push(resolve)),
    served: (one) => served.push(one),
    now: () => now,
  });
  return {
    loop,
    served,
    /** Answers what was asked first, at a time. */
    answerAt: async (time: number): Promise<void> => {
      now = time;
      answers.shift()?.();
      await Promise.resolve();
      await Promise.resolve();
    },
    asked: () => answers.length,
  };
}

test("a transaction that finds every connection busy waits, and its wait counts from when it was due", async () => {
  const { loop, served, answerAt, asked } = controlled(1);
  loop.arrive(10);
  loop.arrive(12);
  expect(asked()).toBe(1);
  await answerAt(100);
  await answerAt(101);
  expect(served).toEqual([
    { due: 10, answered: 100 },
    { due: 12, answered: 101 },
  ]);
});

test("another connection serves what comes while one is stuck", async () => {
  const { loop, asked } = controlled(2);
  loop.arrive(1);
  loop.arrive(2);
  loop.arrive(3);
  expect(asked()).toBe(2);
  await Promise.resolve();
});

test("draining waits for all that has arrived", async () => {
  const { loop, served, answerAt } = controlled(1);
  await loop.drain();
  loop.arrive(1);
  loop.arrive(2);
  let drained = false;
  const draining = loop.drain().then(() => (drained = true));
  await answerAt(5);
  expect(drained).toBe(false);
  await answerAt(6);
  await draining;
  expect(served).toHaveLength(2);
});
