import { expect, test } from "vitest";
import { type Change, WorkerCount } from "../../../src/backfill/worker-count.ts";

const calm = { waiters: 0, latency: 1 };
const waiting = { waiters: 1, latency: 1 };
const slow = { waiters: 0, latency: 9 };

/** What changes follow so many looks of a kind. */
function see(count: WorkerCount, look: typeof calm, times: number): (Change | null)[] {
  return Array.from({ length: times }, () => count.see(look)).filter((change) => change !== null);
}

test("begins with one and adds one at a time, after five calm looks each, up to what is asked for", () => {
  const count = new WorkerCount(3);
  expect(count.workers).toBe(1);
  expect(see(count, calm, 4)).toEqual([]);
  expect(see(count, calm, 1)).toEqual([{ workers: 2, reason: "no client waits, and queries are as fast as before" }]);
  expect(see(count, calm, 4)).toEqual([]);
  expect(see(count, calm, 1)).toMatchObject([{ workers: 3 }]);
  expect(see(count, calm, 50)).toEqual([]);
});

test("adds none while a client waits", () => {
  const count = new WorkerCount(2);
  for (let n = 0; n < 10; n += 1) expect([...see(count, calm, 4), ...see(count, waiting, 1)]).toEqual([]);
  expect(see(count, calm, 5)).toMatchObject([{ workers: 2 }]);
});

test("takes one away when clients wait in two of five looks, and waits twice as long before the next", () => {
  const count = new WorkerCount(2);
  see(count, calm, 5);
  expect(see(count, waiting, 1)).toEqual([]);
  expect(see(count, waiting, 1)).toEqual([{ workers: 1, reason: "clients waited for 2 workers" }]);
  expect(see(count, calm, 9)).toEqual([]);
  expect(see(count, calm, 1)).toMatchObject([{ workers: 2 }]);
});

test("takes one away when queries take over twice as long as with one worker, and one worker never goes", () => {
  const count = new WorkerCount(2);
  see(count, calm, 5);
  expect(see(count, slow, 4)).toEqual([]);
  expect(see(count, slow, 1)).toEqual([{ workers: 1, reason: "a query took 9 ms, with one worker 1 ms" }]);
  const alone = new WorkerCount(2);
  expect(see(alone, waiting, 50)).toEqual([]);
});

test("a single slow look, or two milliseconds more, is noise", () => {
  const count = new WorkerCount(2);
  see(count, { waiters: 0, latency: 0.2 }, 5);
  expect(see(count, { waiters: 0, latency: 2.3 }, 20)).toEqual([]);
  for (let n = 0; n < 10; n += 1) expect([...see(count, calm, 4), ...see(count, slow, 1)]).toEqual([]);
});

test("one that could not be had is not tried for at once again", () => {
  const count = new WorkerCount(2);
  see(count, calm, 5);
  count.lost(1);
  expect(count.workers).toBe(1);
  expect(see(count, calm, 9)).toEqual([]);
  expect(see(count, calm, 1)).toMatchObject([{ workers: 2 }]);
});
