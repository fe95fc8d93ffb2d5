import { DatabaseError } from "pg";
import { SegueError } from "../model/errors.ts";

/** The SQLSTATEs that Segue acts on, by PostgreSQL's own condition names (manual, appendix A). */
export const SQLSTATE = {
  featureNotSupported: "0A000",
  connectionException: "08000",
  invalidParameterValue: "22023",
  notNullViolation: "23502",
  foreignKeyViolation: "23503",
  uniqueViolation: "23505",
  checkViolation: "23514",
  exclusionViolation: "23P01",
  invalidPassword: "28P01",
  invalidCatalogName: "3D000",
  readOnlySqlTransaction: "25006",
  idleInTransactionSessionTimeout: "25P03",
  transactionTimeout: "25P04",
  serializationFailure: "40001",
  deadlockDetected: "40P01",
  insufficientPrivilege: "42501",
  syntaxError: "42601",
  undefinedColumn: "42703",
  undefinedFunction: "42883",
  undefinedTable: "42P01",
  duplicateTable: "42P07",
  duplicateObject: "42710",
  undefinedObject: "42704",
  tooManyConnections: "53300",
  objectInUse: "55006",
  lockNotAvailable: "55P03",
  queryCanceled: "57014",
  adminShutdown: "57P01",
  crashShutdown: "57P02",
  cannotConnectNow: "57P03",
  idleSessionTimeout: "57P05",
  internalError: "XX000",
  /** Raised by segue.fence(): another runner has taken the rollout over. */
  fenced: "SG001",
  /** Raised by segue.hold(): another worker has claimed the extent, or its table was begun again. */
  claimLost: "SG002",
} as const;

/** The server's SQLSTATE, also of an error that a SegueError wraps; undefined if the server did not raise it. */
export function sqlstateOf(error: unknown): string | undefined {
  if (error instanceof SegueError) return sqlstateOf(error.cause);
  return error instanceof DatabaseError ? error.code : undefined;
}

/**
 * True if the session is gone and whether its last statement happened is unknown to the client: the server ended
 * it, or the network did. A `SegueError` SEG0407 is one by definition, a SEG0201 if its cause may pass with time.
 */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof SegueError) {
    return error.code === "SEG0407" || (error.code === "SEG0201" && isConnectionLoss(error.cause));
  }
  const sqlstate = sqlstateOf(error);
  if (sqlstate !== undefined) return sqlstate.startsWith("08") || SESSION_ENDED.has(sqlstate);
  const code = codeOf(error);
  if (code !== undefined && SOCKET_ERRORS.has(code)) return true;
  return error instanceof Error && DRIVER_MESSAGES.some((message) => error.message.startsWith(message));
}

const SESSION_ENDED: ReadonlySet<string> = new Set([
  SQLSTATE.idleInTransactionSessionTimeout,
  SQLSTATE.transactionTimeout,
  SQLSTATE.adminShutdown,
  SQLSTATE.crashShutdown,
  SQLSTATE.cannotConnectNow,
  SQLSTATE.idleSessionTimeout,
]);

const SOCKET_ERRORS: ReadonlySet<string> = new Set([
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EAI_AGAIN",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
  "ERR_STREAM_DESTROYED",
]);

// node-postgres gives these errors no code.
const DRIVER_MESSAGES = [
  "Connection terminated",
  "Client has encountered a connection error",
  "Client was closed",
  "timeout expired",
] as const;

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
