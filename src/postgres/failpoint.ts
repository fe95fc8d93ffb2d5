import { appendFileSync } from "node:fs";
import type { Duplex } from "node:stream";

/**
 * A hook for crash tests. It counts the points right before and right after every statement of the sessions that were
 * opened with `failpoints: true`: all those that write. Point 2n - 1 is before the n-th statement, point 2n after its
 * answer. A runner's two sessions work one after the other but for heartbeats and looks at locks, so the numbers are
 * nearly the same in every run.
 *
 * - `SEGUE_FAILPOINT=<n>`: the process kills itself (SIGKILL) at point n.
 * - `SEGUE_FAILPOINT_SIGNAL=<name>`: the signal that it sends itself instead, such as SIGSTOP.
 * - `SEGUE_FAILPOINT_DROP=<n>`: the server's answer to statement n is lost with the connection; the process lives.
 * - `SEGUE_FAILPOINT_LOG=<file>`: appends a line a point: its number, a tab, the SQL on one line.
 * - `SEGUE_FAILPOINT_SCOPE=commits`: counts only what may commit something, COMMIT and writes outside of transactions.
 *   Between two of them a death leaves the same database: whatever ran is rolled back.
 *
 * With none of them set there are no points, and they cost nothing.
 */
export interface Failpoints {
  /** Passed before a statement is sent, inside a transaction or not; true if its answer is to be lost. */
  before(sql: string, inTransaction: boolean): boolean;
  /** Passed when a statement was answered, by a result or an error. */
  after(sql: string, inTransaction: boolean): void;
}

/** Reads the hook's settings. `signal` is the process's own, replaced in the unit test. */
export function failpointsFrom(
  env: Readonly<Record<string, string | undefined>>,
  signal: (name: string) => void = (name) => process.kill(process.pid, name),
): Failpoints | null {
  const killAt = ordinal(env, "SEGUE_FAILPOINT");
  const dropAt = ordinal(env, "SEGUE_FAILPOINT_DROP");
  const log = env["SEGUE_FAILPOINT_LOG"];
  if (killAt === null && dropAt === null && log === undefined) return null;

  const counts = scopeOf(env["SEGUE_FAILPOINT_SCOPE"]);
  let points = 0;
  let statements = 0;
  const pass = (sql: string, inTransaction: boolean): void => {
    if (!counts(sql, inTransaction)) return;
    points += 1;
    if (log !== undefined) appendFileSync(log, `${points}\t${sql.replaceAll(/\s+/g, " ").trim()}\n`);
    if (points === killAt) signal(env["SEGUE_FAILPOINT_SIGNAL"] ?? "SIGKILL");
  };
  return {
    before(sql, inTransaction) {
      pass(sql, inTransaction);
      if (!counts(sql, inTransaction)) return false;
      statements += 1;
      return statements === dropAt;
    },
    after: pass,
  };
}

/** The hook of this process. */
export const failpoints: Failpoints | null = failpointsFrom(process.env);

/** Loses the next answer on a connection: it is destroyed as soon as the server has answered, before it is read. */
export function loseAnswer(stream: Duplex): void {
  stream.removeAllListeners("data");
  stream.once("data", () => stream.destroy());
}

type Scope = (sql: string, inTransaction: boolean) => boolean;

function scopeOf(name: string | undefined): Scope {
  switch (name) {
    case undefined:
    case "all":
      return () => true;
    case "commits":
      return (sql, inTransaction) => (inTransaction ? sql === "COMMIT" : WRITES.test(sql));
    default:
      throw new RangeError(`SEGUE_FAILPOINT_SCOPE must be all or commits, not ${JSON.stringify(name)}`);
  }
}

/** Rather too many than too few: a word in a comment or a name counts, too. */
const WRITES =
  /\b(alter|analyze|call|comment|copy|create|delete|do|drop|grant|insert|merge|reindex|revoke|truncate|update|vacuum)\b/i;

function ordinal(env: Readonly<Record<string, string | undefined>>, name: string): number | null {
  const text = env[name];
  if (text === undefined || text === "") return null;
  if (!/^[1-9]\d*$/.test(text)) throw new RangeError(`${name} must be a number from 1, not ${JSON.stringify(text)}`);
  return Number(text);
}
