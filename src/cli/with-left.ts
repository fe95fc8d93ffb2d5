import { SegueError } from "../index.ts";

/** The same error with other words on what it left behind: the command did more than what failed in it. */
export function withLeft(error: SegueError, left: string): SegueError {
  const { code, message, problems, object, next, detail, cause } = error;
  return new SegueError(code, {
    message,
    problems,
    left,
    cause,
    ...(object === undefined ? {} : { object }),
    ...(next === undefined ? {} : { next }),
    ...(detail === undefined ? {} : { detail }),
  });
}
