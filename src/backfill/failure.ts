import { SegueError } from "../model/errors.ts";
import { SQLSTATE } from "../postgres/sqlstate.ts";

/**
 * What a failed batch means for the fill.
 * `lock`: someone holds a row or the table; give way. `timeout`: the statement was too long or was cancelled.
 * `data`: a value of some row can't be computed or stored; find the row. `fatal`: nothing that a smaller batch mends.
 */
type Failure = "lock" | "timeout" | "data" | "fatal";

/** Classes of which no row is to blame: connection, transaction state, resources, operator, system, internal error. */
const FATAL_CLASSES: ReadonlySet<string> = new Set(["08", "25", "53", "57", "58", "F0", "XX"]);

/** True where no further session is to be had: the server has as many as it allows. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof SegueError && error.code === "SEG0201";
}

/** Everything else counts as data: functions and triggers of the application raise codes of their own. */
export function failureOf(sqlstate: string | undefined): Failure {
  switch (sqlstate) {
    case SQLSTATE.lockNotAvailable:
    case SQLSTATE.deadlockDetected:
    case SQLSTATE.serializationFailure:
      return "lock";
    case SQLSTATE.queryCanceled:
      return "timeout";
    case undefined:
    case SQLSTATE.fenced:
    case SQLSTATE.insufficientPrivilege:
      return "fatal";
    default:
      return FATAL_CLASSES.has(sqlstate.slice(0, 2)) ? "fatal" : "data";
  }
}
