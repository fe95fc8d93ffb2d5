import { type ErrorCode, ERRORS } from "./error-codes.ts";
import type { ExitCode } from "./exit-code.ts";
import type { Position } from "./position.ts";

/** One thing that is wrong; an error may hold several, all of a file at once. */
export interface Problem {
  readonly message: string;
  readonly at?: Position;
  /** The offending line of the file, printed above a caret. */
  readonly source?: string;
  /** The table, column, index … that it is about. */
  readonly object?: string;
}

export interface SegueErrorFields {
  /** What failed and why, in one sentence. */
  readonly message: string;
  readonly problems?: readonly Problem[];
  readonly object?: string;
  /** What stands in the database after it; "Nothing changed." is the default for a refusal. */
  readonly left?: string;
  /** The command or deed that goes on from here. */
  readonly next?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The one error class of Segue. The code is stable and has a page in docs/errors; it fixes the exit code.
 * A failure of the server keeps its own error as `cause`.
 */
export class SegueError extends Error {
  readonly code: ErrorCode;
  readonly exitCode: ExitCode;
  readonly problems: readonly Problem[];
  readonly object: string | undefined;
  readonly left: string | undefined;
  readonly next: string | undefined;
  readonly detail: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, fields: SegueErrorFields) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = "SegueError";
    this.code = code;
    this.exitCode = ERRORS[code].exit;
    this.problems = fields.problems ?? [];
    this.object = fields.object;
    this.left = fields.left ?? (ERRORS[code].exit === 3 ? "Nothing changed." : undefined);
    this.next = fields.next;
    this.detail = fields.detail;
  }
}
