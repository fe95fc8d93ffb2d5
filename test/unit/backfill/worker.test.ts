import pg from "pg";
import { expect, test } from "vitest";
import type { FillContext } from "../../../src/backfill/context.ts";
import { Pacing } from "../../../src/backfill/pacing.ts";
import { Brake } from "../../../src/backfill/throttle/brake.ts";
import { Worker } from "../../../src/backfill/worker.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";

/** Milliseconds that a look at who waits goes on once the batch beside it is over. */
const LOOK = 100;
/** Milliseconds. */
const STATEMENT_TIMEOUT = 80;

/** A worker whose batch ends in the middle of a look. */
function lookedAt(batch: () => unknown): Worker {
  let looked = (): void => {};
  const looking = new Promise<void>((resolve) => (looked = resolve));
  const query = async (): Promise<unknown> => {
    looked();
    await new Promise(setImmediate);
    for (const end = performance.now() + LOOK; performance.now() < end;);
    return { rows: [] };
  };
  const context = {
    plan: "1_a",
    session: { pid: 7, applicationName: "segue/1/1", script: () => looking.then(batch) },
    observer: { query },
    settings: DEFAULT_SETTINGS.backfill,
    signal: new AbortController().signal,
    intents: async () => ({ pause: false, cancel: false }),
    onAsked: () => () => {},
  } as unknown as FillContext;
  return new Worker(context, { id: "" }, new Pacing(context, new Brake(context, [])), STATEMENT_TIMEOUT);
}

test("a batch does not count the time of a look that goes on after it", async () => {
  const result = await lookedAt(() => [{ rows: [{}] }]).attempt("SELECT");
  expect(result).toMatchObject({ outcome: "done", elapsed: expect.any(Number) as number });
  if (result.outcome === "done") expect(result.elapsed).toBeLessThan(LOOK);
});

test("nor does one that a person cancels: it has not run out of its time", async () => {
  const cancelled = new pg.DatabaseError("canceling statement due to user request", 0, "error");
  cancelled.code = "57014";
  const worker = lookedAt(() => Promise.reject(cancelled));
  await expect(worker.attempt("SELECT")).rejects.toBe(cancelled);
});
