import { SegueError } from "../model/errors.ts";
import { SQLSTATE, sqlstateOf } from "../postgres/sqlstate.ts";

/** What a role that runs rollouts needs of a journal that another role owns. */
export const JOURNAL_GRANTS =
  "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA segue and EXECUTE ON ALL FUNCTIONS IN SCHEMA segue";

const FOR_THE_JOURNAL = `connect as the role that installed the journal, or have it ${JOURNAL_GRANTS} to this one (SELECT alone to look on); segue doctor tells what else is missing`;

/** The server's refusal of something that the role may not do, as an error of ours; all else as it is. */
export function lackingPrivilege(error: unknown, left: string, next = FOR_THE_JOURNAL): unknown {
  if (error instanceof SegueError || sqlstateOf(error) !== SQLSTATE.insufficientPrivilege) return error;
  return new SegueError("SEG0207", {
    message: `the server said: ${error instanceof Error ? error.message : String(error)}`,
    left,
    next,
    cause: error,
  });
}
