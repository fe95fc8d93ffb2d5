import { SegueError } from "../model/errors.ts";

/** Why a piece of SQL is not taken, and where in it. */
export interface Refusal {
  readonly message: string;
  readonly offset: number;
}

/** The error for SQL of a plan that is not taken; whoever knows the file turns `detail.offset` into line and column. */
export function refused(sql: string, { message, offset }: Refusal, next?: string): SegueError {
  return new SegueError("SEG0004", {
    message,
    detail: { offset, sql },
    ...(next === undefined ? {} : { next }),
  });
}
