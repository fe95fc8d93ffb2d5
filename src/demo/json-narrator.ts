import type { DemoStream } from "./demo-stream.ts";
import type { Narrator } from "./narrator.ts";

/** The version of the objects, as the command line's own. */
const SCHEMA_VERSION = 1;

/** One object a line; what the commands print with `--json` is passed on as it is. */
export function jsonNarrator(out: DemoStream): Narrator {
  const line = (type: string, fields: object): void => {
    out.write(
      `${JSON.stringify({ type, ...fields, time: new Date().toISOString(), schema_version: SCHEMA_VERSION })}\n`,
    );
  };
  return {
    caption: (text) => line("caption", { text }),
    file: (path, text) => line("file", { path, text }),
    command: (text) => line("command", { text }),
    event: (event) => void out.write(`${JSON.stringify(event)}\n`),
    exit: (code) => line("exit", { code }),
    traffic: ({ queries, failed, longest, mismatches }) =>
      line("traffic", { queries, failed_queries: failed, max_wait_ms: rounded(longest), mismatches }),
    failure: (message) => line("failure", { message }),
    summary: (summary) =>
      line("summary", {
        queries: summary.queries,
        failed_queries: summary.failedQueries,
        max_wait_ms: rounded(summary.maxWaitMs),
        p99_ms_before: rounded(summary.p99BeforeMs),
        p99_ms_during: rounded(summary.p99DuringMs),
        rows_verified: summary.rowsVerified,
        mismatches: summary.mismatches,
        state: summary.state,
        rows_verified_by_segue: summary.rowsVerifiedBySegue,
        statements_prepared_anew: summary.statementsPreparedAnew,
        reversal_exact: summary.reversalExact,
        seconds: rounded(summary.seconds),
      }),
  };
}

const rounded = (number: number): number => Math.round(number * 100) / 100;
