import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { failpointsFrom } from "../../../src/postgres/failpoint.ts";
import type { SessionOptions } from "../../../src/postgres/session.ts";
import { testDatabase } from "../../support/postgres.ts";

test("there are no failpoints unless one is asked for", () => {
  expect(failpointsFrom({})).toBeNull();
  expect(failpointsFrom({ SEGUE_FAILPOINT: "" })).toBeNull();
});

test.each(["0", "-1", "1.5", "two"])("SEGUE_FAILPOINT=%s is refused", (value) => {
  expect(() => failpointsFrom({ SEGUE_FAILPOINT: value })).toThrow("SEGUE_FAILPOINT must be a number from 1");
});

test.each([
  ["1", ["before a"]],
  ["2", ["before a", "after a"]],
  ["3", ["before a", "after a", "before b"]],
])("SEGUE_FAILPOINT=%s kills the process at that point", (value, expected) => {
  const passed: string[] = [];
  class Killed extends Error {}
  const points = failpointsFrom({ SEGUE_FAILPOINT: value }, () => {
    throw new Killed();
  });
  expect(() => {
    for (const sql of ["a", "b"]) {
      passed.push(`before ${sql}`);
      points?.before(sql, false);
      passed.push(`after ${sql}`);
      points?.after(sql, false);
    }
  }).toThrow(Killed);
  expect(passed).toEqual(expected);
});

test("SEGUE_FAILPOINT_SIGNAL names another signal than SIGKILL", () => {
  const sent: string[] = [];
  const send = (name: string): void => void sent.push(name);
  failpointsFrom({ SEGUE_FAILPOINT: "1" }, send)?.before("a", false);
  failpointsFrom({ SEGUE_FAILPOINT: "1", SEGUE_FAILPOINT_SIGNAL: "SIGSTOP" }, send)?.before("a", false);
  expect(sent).toEqual(["SIGKILL", "SIGSTOP"]);
});

test("SEGUE_FAILPOINT_DROP=2 loses the answer to the second statement alone", () => {
  const points = failpointsFrom({ SEGUE_FAILPOINT_DROP: "2" });
  const lost = ["a", "b", "c"].map((sql) => {
    const answer = points?.before(sql, false);
    points?.after(sql, false);
    return answer;
  });
  expect(lost).toEqual([false, true, false]);
});

test("SEGUE_FAILPOINT_SCOPE=commits counts COMMIT and the writes outside of transactions", () => {
  const points = failpointsFrom({ SEGUE_FAILPOINT_DROP: "2", SEGUE_FAILPOINT_SCOPE: "commits" });
  const statements: [string, boolean][] = [
    ["SELECT 1", false],
    ["INSERT INTO t VALUES (1)", true],
    ["COMMIT", true],
    ["SET LOCAL lock_timeout = 1; SELECT f()", false],
    ["SET LOCAL lock_timeout = 1; UPDATE t SET a = 1", false],
    ["ROLLBACK", true],
  ];
  expect(statements.map(([sql, inTransaction]) => points?.before(sql, inTransaction))).toEqual([
    false,
    false,
    false,
    false,
    true,
    false,
  ]);
});

test("SEGUE_FAILPOINT_SCOPE knows no other words", () => {
  expect(() => failpointsFrom({ SEGUE_FAILPOINT: "1", SEGUE_FAILPOINT_SCOPE: "some" })).toThrow(
    'SEGUE_FAILPOINT_SCOPE must be all or commits, not "some"',
  );
});

/** Opens a session of a process that was started with these settings. */
async function sessionWith(env: Record<string, string>, url: string, options: Partial<SessionOptions> = {}) {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  vi.resetModules();
  onTestFinished(() => void vi.unstubAllEnvs());
  const { openSession } = await import("../../../src/postgres/session.ts");
  const session = await openSession(
    { connectionString: url },
    { applicationName: "segue/1/1", failpoints: true, ...options },
  );
  onTestFinished(() => session.close());
  return session;
}

test("SEGUE_FAILPOINT_LOG lists the points of the counted session, BEGIN and COMMIT included", async () => {
  const folder = await mkdtemp(join(tmpdir(), "segue-failpoint-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const log = join(folder, "points");
  const database = await testDatabase();
  const session = await sessionWith({ SEGUE_FAILPOINT_LOG: log }, database.url);
  await session.transaction((s) => s.query("SELECT\n  $1::int", [1]));
  const other = await sessionWith({}, database.url, { failpoints: false });
  await other.query("SELECT 2");
  const points = (await readFile(log, "utf8")).trimEnd().split("\n");
  expect(points).toEqual(["1\tBEGIN", "2\tBEGIN", "3\tSELECT $1::int", "4\tSELECT $1::int", "5\tCOMMIT", "6\tCOMMIT"]);
});

test("a commit whose answer is lost has happened, and the error says that this is not known", async () => {
  const database = await testDatabase();
  const session = await sessionWith({ SEGUE_FAILPOINT_DROP: "3" }, database.url);
  const committing = session.transaction((s) => s.query("CREATE TABLE public.t ()"));
  await expect(committing).rejects.toMatchObject({ code: "SEG0407", detail: { commit: "unknown" } });
  expect(session.closed).toBe(true);
  expect(await database.query("select to_regclass('public.t') as t")).toEqual([{ t: "t" }]);
});

test("a statement of a transaction whose answer is lost is rolled back by the server", async () => {
  const database = await testDatabase();
  const session = await sessionWith({ SEGUE_FAILPOINT_DROP: "2" }, database.url);
  const committing = session.transaction((s) => s.query("CREATE TABLE public.t ()"));
  const error: unknown = await committing.catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "SEG0407", detail: undefined });
  expect(await database.query("select to_regclass('public.t') as t")).toEqual([{ t: null }]);
});
