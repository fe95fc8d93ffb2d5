/**
 * What a statement returned. `bigint` and `numeric` are strings (a double would round them), `date`, `timestamp` and
 * `interval` the server's text, `timestamptz` a Date (milliseconds), `json` parsed with its numbers as doubles: select
 * `::text` where a number may be beyond 2^53.
 */
export interface Result<R = Record<string, unknown>> {
  readonly rows: R[];
  readonly rowCount: number | null;
  /** The command tag: `SELECT`, `UPDATE`, `COMMIT` … */
  readonly command: string;
}

/** A statement that was answered. */
export interface Statement {
  readonly sql: string;
  /** Milliseconds from sending it to the whole answer. */
  readonly ms: number;
  readonly rows: number | null;
  readonly error?: unknown;
}

export interface Notice {
  readonly severity: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** The server's C function that raised it. */
  readonly routine: string | undefined;
}
