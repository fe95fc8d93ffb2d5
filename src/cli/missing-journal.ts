import { SegueError, type StatusReport } from "../index.ts";

/** True if nothing has ever run on this database. */
export function isMissingJournal(error: unknown): boolean {
  return error instanceof SegueError && error.code === "SEG0206";
}

/** No journal is no rollouts. */
export function noneYet(error: unknown): readonly StatusReport[] {
  if (isMissingJournal(error)) return [];
  throw error;
}
