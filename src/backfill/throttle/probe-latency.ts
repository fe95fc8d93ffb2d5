import type { ThrottleSettings } from "../../model/settings.ts";
import type { Session } from "../../postgres/session.ts";
import { SQLSTATE, sqlstateOf } from "../../postgres/sqlstate.ts";
import { time } from "./amounts.ts";
import { judgeValue } from "./judge-value.ts";
import type { SessionSignal, Verdict } from "./signal.ts";

type Probe = NonNullable<ThrottleSettings["probe"]>;

/** Each reading runs it so often and takes the middle one: one late answer is none of the server's. */
const TIMES = 3;
const LONGEST_MS = 5_000;

/**
 * What a query takes, from sending it to its answer, as clients see it.
 *
 * @param cheap the query where the settings name none
 */
export function probeLatency(probe: Probe, cheap: string): SessionSignal {
  const judge = (ms: number, standing: boolean): Verdict =>
    judgeValue(ms, probe, standing, { subject: "probe query:", format: time, resumeShare: 0.9 });
  return {
    source: "session",
    name: "probe",
    read: (session) => measure(session, probe.sql ?? cheap),
    judge: (reading, standing) => judge(reading as number, standing),
    // Not answered yet, it takes at least as long as this.
    overdue: (elapsed, standing) => {
      const verdict = judge(elapsed / TIMES, standing);
      return verdict.level === "go" ? null : verdict;
    },
  };
}

async function measure(session: Session, sql: string): Promise<number> {
  const times: number[] = [];
  while (times.length < TIMES) {
    const started = performance.now();
    try {
      await session.script(
        `SET LOCAL transaction_read_only = on; SET LOCAL statement_timeout = ${LONGEST_MS};\n${sql}`,
      );
    } catch (error) {
      if (sqlstateOf(error) !== SQLSTATE.queryCanceled) throw error;
      return performance.now() - started;
    }
    times.push(performance.now() - started);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(TIMES / 2)] ?? 0;
}
