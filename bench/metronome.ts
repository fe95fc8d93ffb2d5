import { parentPort, workerData } from "node:worker_threads";
import { clock } from "./clock.ts";

/**
 * A thread that says when transactions are due. It sleeps in the kernel between two: timers of an event loop are a
 * millisecond coarse, which is longer than a client's query takes.
 */
const { rate, cell } = workerData as { rate: number; cell: Int32Array };
const interval = 1000 / rate;
for (let due = clock(); Atomics.load(cell, 0) === 0; due += interval) {
  const rest = due - clock();
  if (rest > 0) Atomics.wait(cell, 0, 0, rest);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  if (Atomics.load(cell, 0) === 0) parentPort?.postMessage(due);
}
