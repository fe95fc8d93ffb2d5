import { expect, test } from "vitest";
import { sleep } from "../../../src/postgres/sleep.ts";

test("waits for the time", async () => {
  const started = performance.now();
  await sleep(30);
  expect(performance.now() - started).toBeGreaterThanOrEqual(29);
});

test("an aborted signal ends the wait at once, with its own reason", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const waiting = sleep(3_600_000, controller.signal);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(sleep(0, controller.signal)).rejects.toBe(reason);
});
