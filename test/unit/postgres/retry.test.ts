import { DatabaseError } from "pg";
import { describe, expect, test } from "vitest";
import { SegueError } from "../../../src/model/errors.ts";
import { BACKOFF, nextDelay, type Retry, type RetryKind, retryKind, retrying } from "../../../src/postgres/retry.ts";
import { SQLSTATE } from "../../../src/postgres/sqlstate.ts";

function raised(code: string): DatabaseError {
  return Object.assign(new DatabaseError("no", 0, "error"), { code });
}
const lowest = (): number => 0;

describe("what is tried again", () => {
  test.each<[string, RetryKind | null]>([
    [SQLSTATE.deadlockDetected, "deadlock"],
    [SQLSTATE.serializationFailure, "serialization"],
    [SQLSTATE.lockNotAvailable, "lock timeout"],
    [SQLSTATE.adminShutdown, "connection"],
    [SQLSTATE.tooManyConnections, "connection"],
    [SQLSTATE.queryCanceled, null],
    [SQLSTATE.uniqueViolation, null],
    [SQLSTATE.fenced, null],
  ])("%s: %s", (code, kind) => expect(retryKind(raised(code))).toBe(kind));

  test("a lost connection, and one that could not be made for want of slots", () => {
    expect(retryKind(new SegueError("SEG0407", { message: "no" }))).toBe("connection");
    const full = new SegueError("SEG0201", { message: "no", cause: raised(SQLSTATE.tooManyConnections) });
    expect(retryKind(full)).toBe("connection");
  });

  test("a used-up lock budget is not tried again, though a lock timeout is its cause", () => {
    const cause = raised(SQLSTATE.lockNotAvailable);
    expect(retryKind(new SegueError("SEG0402", { message: "no", cause }))).toBeNull();
  });
});

describe("the pause", () => {
  test("grows exponentially up to its ceiling, and is spread over the whole range above the least", () => {
    const { least, first, most } = BACKOFF["lock timeout"];
    const ceilings = [1, 2, 3, 4, 5, 6].map((attempt) => nextDelay(attempt, "lock timeout", () => 1));
    expect(ceilings).toEqual([first, 2 * first, 4 * first, 8 * first, most, most]);
    expect(nextDelay(3, "lock timeout", lowest)).toBe(least);
    expect(nextDelay(3, "lock timeout", () => 0.5)).toBe(least + (4 * first - least) / 2);
    expect(nextDelay(2000, "connection", () => 1)).toBe(BACKOFF.connection.most);
  });
});

describe("retrying", () => {
  test("runs until it succeeds, and tells of each retry", async () => {
    const retries: Retry[] = [];
    const value = await retrying(
      async (attempt) => {
        if (attempt < 3) throw raised(SQLSTATE.serializationFailure);
        return attempt;
      },
      { budgetMs: 10_000, random: lowest, onRetry: (retry) => retries.push(retry) },
    );
    expect(value).toBe(3);
    expect(retries.map(({ attempt, kind, delay }) => [attempt, kind, delay])).toEqual([
      [1, "serialization", 0],
      [2, "serialization", 0],
    ]);
  });

  test("throws what can't pass at once, as it is", async () => {
    const error = raised(SQLSTATE.uniqueViolation);
    await expect(retrying(() => Promise.reject(error), { budgetMs: 10_000 })).rejects.toBe(error);
  });

  test("tries only the kinds that it is told to", async () => {
    const error = raised(SQLSTATE.deadlockDetected);
    const attempt = retrying(() => Promise.reject(error), { budgetMs: 10_000, kinds: ["lock timeout"] });
    await expect(attempt).rejects.toBe(error);
  });

  test("throws the last error when the budget would not last to the next attempt", async () => {
    let attempts = 0;
    const failing = retrying(
      async () => {
        attempts += 1;
        throw raised(SQLSTATE.lockNotAvailable);
      },
      { budgetMs: 250, random: lowest },
    );
    await expect(failing).rejects.toMatchObject({ code: SQLSTATE.lockNotAvailable });
    expect(attempts).toBe(3);
  });

  test("an aborted signal ends the pause", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const failing = retrying(() => Promise.reject(raised(SQLSTATE.lockNotAvailable)), {
      budgetMs: 3_600_000,
      random: () => 1,
      signal: controller.signal,
      onRetry: () => controller.abort(reason),
    });
    await expect(failing).rejects.toBe(reason);
  });
});
