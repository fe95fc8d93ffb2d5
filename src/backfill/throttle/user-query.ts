import type { QuerySignal } from "../../model/settings.ts";
import type { Session } from "../../postgres/session.ts";
import { plain, time } from "./amounts.ts";
import { judgeValue } from "./judge-value.ts";
import { GO, type SessionSignal, unreadable, type Verdict } from "./signal.ts";

const TIMEOUT_MS = 1_000;
/** An answer that is on its way when the server's own limit is reached. */
const GRACE_MS = 1_000;

/** What a query of the user's own says: a number, by its thresholds, or a boolean, of which true stops. */
export function userQuery(name: string, query: QuerySignal): SessionSignal {
  const timeout = query.timeout ?? TIMEOUT_MS;
  return {
    source: "session",
    name: `query ${name}`,
    read: (session) => read(session, query.sql, timeout),
    judge: (reading, standing) => judgeQuery(name, reading, query, standing),
    overdue: (elapsed) =>
      elapsed > timeout + GRACE_MS ? unreadable(`query ${name}`, `no answer in ${time(elapsed)}`) : null,
  };
}

/** @param value as JSON has it: a number of any type is one, everything else but a boolean is neither */
export function judgeQuery(name: string, value: unknown, query: QuerySignal, standing: boolean): Verdict {
  const subject = `query ${name}`;
  if (value === true) return { level: "stop", subject, reason: `${subject} is true` };
  if (value === false) return GO;
  if (typeof value !== "number") {
    const found = value === null || value === undefined ? "null" : JSON.stringify(value).slice(0, 60);
    return unreadable(subject, `${found} is neither a number nor a boolean`);
  }
  if (query.slow == null && query.stop == null)
    return unreadable(subject, `${plain(value)} is a number, and it has neither \`slow\` nor \`stop\``);
  return judgeValue(value, query, standing, { subject: `${subject}:`, format: plain, resumeShare: 0.9 });
}

async function read(session: Session, sql: string, timeout: number): Promise<unknown> {
  const value = `SELECT to_json((\n${sql.replace(/;\s*$/, "")}\n)) AS value`;
  const results = await session.script(
    `SET LOCAL transaction_read_only = on; SET LOCAL statement_timeout = ${timeout};\n${value}`,
  );
  return results.at(-1)?.rows[0]?.["value"];
}
