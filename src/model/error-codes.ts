import { EXIT, type ExitCode } from "./exit-code.ts";

export interface ErrorKind {
  readonly title: string;
  readonly exit: ExitCode;
}

const refused = (title: string): ErrorKind => ({ title, exit: EXIT.refused });
const failed = (title: string): ErrorKind => ({ title, exit: EXIT.failed });

/**
 * Every error that Segue raises itself. 00xx the plan file, 01xx the plan against the catalog, 02xx the
 * connection, 03xx the rollout, 04xx execution, 05xx configuration and the command line, 06xx what stood before Segue.
 */
export const ERRORS = {
  SEG0001: refused("The plan file is not valid"),
  SEG0002: refused("The plan was not found"),
  SEG0003: refused("The plans contradict each other"),
  SEG0004: refused("An SQL expression is not valid"),
  SEG0005: refused("The plan file can't be read"),

  SEG0101: refused("The plan does not fit the database"),
  SEG0102: refused("Something hangs on the column that can't be carried"),
  SEG0103: refused("This kind of table or column is not supported"),
  SEG0104: refused("A required plan is not complete"),
  SEG0105: refused("Another rollout works on the same column"),

  SEG0201: failed("The database can't be reached"),
  SEG0202: refused("The connection goes through a transaction-mode pooler"),
  SEG0203: refused("The server is a standby"),
  SEG0204: refused("The server's version is not supported"),
  SEG0205: refused("The journal is of another version"),
  SEG0206: refused("The journal is missing"),
  SEG0207: failed("The role lacks a privilege"),

  SEG0301: refused("The plan changed while its rollout is in flight"),
  SEG0302: refused("The rollout is not in a state for this"),
  SEG0303: refused("A gate is not met"),
  SEG0304: refused("The reversal would lose something"),
  SEG0305: { title: "Another runner holds the lease", exit: EXIT.leaseHeld },
  SEG0306: refused("Confirmation is needed"),
  SEG0307: { title: "Timed out waiting", exit: EXIT.timedOut },
  SEG0308: { title: "The rollout was cancelled", exit: EXIT.interrupted },
  SEG0309: { title: "Interrupted after a checkpoint", exit: EXIT.interrupted },
  SEG0310: refused("There is no versioned schema"),

  SEG0401: failed("A step failed"),
  SEG0402: failed("The lock budget is used up"),
  SEG0403: failed("The runner lost its lease"),
  SEG0404: failed("Rows could not be filled"),
  SEG0405: failed("The old and the new shape disagree"),
  SEG0406: failed("A sync trigger was disabled or replaced"),
  SEG0407: failed("The connection was lost"),

  SEG0501: { title: "The configuration is not valid", exit: EXIT.refused },
  SEG0502: { title: "The command line is not valid", exit: EXIT.usage },
  SEG0503: { title: "An optional package is missing", exit: EXIT.refused },
  SEG0504: refused("No database is named"),

  SEG0601: refused("The history of another tool can't be taken over"),
  SEG0602: refused("The baseline contradicts the journal"),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;
