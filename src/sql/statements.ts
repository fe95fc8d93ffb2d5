import type { Node } from "libpg-query";
import { type ParsedStatement, parse, scan } from "./parser.ts";
import { refused } from "./refusal.ts";
import { textOffsets } from "./text-offsets.ts";
import { isTransactional } from "./transactional.ts";

/** One statement of a script. */
export interface Statement {
  /** Without the comments before and after it and without its semicolon. */
  readonly sql: string;
  /** Where it starts in the script, in UTF-16 units. */
  readonly offset: number;
  /** The name of its node in PostgreSQL's parse tree: `IndexStmt`. */
  readonly kind: string;
  /** False if PostgreSQL refuses it in a transaction block. */
  readonly transactional: boolean;
  /** Why a plan can't hold it, as a sentence; null if it can. */
  readonly refusal: string | null;
}

/**
 * Splits a script with PostgreSQL's own parser: dollar quotes, BEGIN ATOMIC bodies, comments and quoted semicolons
 * split nothing. Empty statements are left out.
 *
 * @throws SegueError SEG0004 at a syntax error or a meta-command of psql; `detail.offset` is the place in UTF-16 units.
 */
export function splitStatements(script: string): Statement[] {
  const { statements, fault } = parse(script);
  if (fault !== null) throw unparsable(script, fault.message, fault.offset);
  const offsets = textOffsets(script);
  return statements.map(({ node, start, length }: ParsedStatement): Statement => {
    const offset = offsets.fromByte(start);
    const end = length === null ? script.length : offsets.fromByte(start + length);
    return {
      sql: withoutTail(script.slice(offset, end)),
      offset,
      kind: Object.keys(node)[0] ?? "",
      transactional: isTransactional(node),
      refusal: refusalOf(node),
    };
  });
}

/** Cuts space and comments off the end: what is put behind the statement must not end up in a comment. */
function withoutTail(sql: string): string {
  const trimmed = sql.trimEnd();
  if (!trimmed.includes("--") && !trimmed.endsWith("*/")) return trimmed;
  const last = scan(trimmed).findLast(({ comment }) => !comment);
  return last === undefined ? trimmed : trimmed.slice(0, textOffsets(trimmed).fromByte(last.end));
}

function refusalOf(node: Node): string | null {
  if ("TransactionStmt" in node) {
    return "a plan can't begin or end a transaction: Segue commits each step together with its record in the journal";
  }
  if ("CopyStmt" in node && node.CopyStmt.filename === undefined) {
    return "COPY from or to the client can't run in a plan: write INSERT, or COPY with a file on the server";
  }
  return null;
}

function unparsable(script: string, message: string, offset: number): Error {
  const command = /^\\\S*/.exec(script.slice(offset))?.[0];
  if (command !== undefined) {
    return refused(
      script,
      { message: `${command} is a command of psql, not SQL: a plan can't hold it`, offset },
      command.startsWith("\\i") ? "Put the statements of the included file into the plan." : undefined,
    );
  }
  const copied = /\bcopy\b[^;]*\bfrom\s+stdin\b[^;]*;\s*$/i.test(script.slice(0, offset));
  if (copied) {
    return refused(script, { message: "rows of COPY FROM STDIN can't stand in a plan: write INSERT", offset });
  }
  return refused(script, { message, offset });
}
