import type { ResolvedTarget } from "../config/connection.ts";
import { SegueError } from "../model/errors.ts";
import { NO_PASSWORD } from "../postgres/connect.ts";
import { SQLSTATE, sqlstateOf } from "../postgres/sqlstate.ts";

/** What could not be reached, with who named it: the address may come from a variable that nobody thought of. */
export function unreachable(error: unknown, target: ResolvedTarget): unknown {
  if (!(error instanceof SegueError) || error.code !== "SEG0201") return error;
  const { message, next = "segue doctor", cause } = error;
  return new SegueError("SEG0201", {
    message,
    object: target.redacted,
    problems: [{ message: namedBy(target) }],
    next: wayOut(error, target) ?? next,
    cause,
  });
}

function namedBy({ passwordFrom, source }: ResolvedTarget): string {
  switch (passwordFrom) {
    case "url":
      return `address and password are from ${source}`;
    case "PGPASSWORD":
      return `the address is from ${source}, the password from PGPASSWORD`;
    case "passfile":
      return `the address is from ${source}, the password from .pgpass`;
    case null:
      return `the address is from ${source}; there is no password in it, in PGPASSWORD or in .pgpass`;
    default:
      return passwordFrom satisfies never;
  }
}

/** Where the server itself refused: what would make it accept. */
function wayOut(error: SegueError, { source, passwordFrom }: ResolvedTarget): string | null {
  switch (sqlstateOf(error)) {
    case SQLSTATE.invalidPassword:
      return "give the password of that role.";
    case SQLSTATE.invalidCatalogName:
      return `name a database that exists in ${source}, or create it.`;
    default:
      return passwordFrom === null && error.message.endsWith(NO_PASSWORD)
        ? "give it in PGPASSWORD or in .pgpass."
        : null;
  }
}
