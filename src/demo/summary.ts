import type { RolloutState } from "../index.ts";

/** What a buyer would ask. Times are milliseconds. */
export interface Summary {
  readonly queries: number;
  readonly failedQueries: number;
  /** Of any query from the end of the warm-up on, counted from when it was due. */
  readonly maxWaitMs: number;
  /** The application alone. */
  readonly p99BeforeMs: number;
  /** From the first command to the last. */
  readonly p99DuringMs: number;
  /** Rows whose every column was compared with what the clients had written, at the end: all of them. */
  readonly rowsVerified: number;
  /** Rows that Segue's own verification read before the cut-over. */
  readonly rowsVerifiedBySegue: number;
  /** Rows found wrong, by the clients on the way, by Segue, or at the end. */
  readonly mismatches: number;
  /** Prepared statements that the server wanted prepared anew, as it does after any change of a column. */
  readonly statementsPreparedAnew: number;
  /** Of the plan that renames, splits and widens. */
  readonly state: RolloutState | null;
  /** True if the catalog after the reversal was what it was before. */
  readonly reversalExact: boolean;
  readonly seconds: number;
}

/** True if the demo showed what it is to show. */
export function isClean({ failedQueries, mismatches, state, reversalExact }: Summary): boolean {
  return failedQueries === 0 && mismatches === 0 && state === "completed" && reversalExact;
}
