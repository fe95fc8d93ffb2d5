import { SegueError } from "../model/errors.ts";
import { parseExpression } from "../sql/expression.ts";
import { parseTableName } from "../sql/identifier.ts";
import { parse, scan } from "../sql/parser.ts";
import { splitStatements } from "../sql/statements.ts";

/** What is wrong with a piece of SQL, and where in it, in UTF-16 units. */
export interface SqlFault {
  readonly message: string;
  readonly offset: number;
}

/**
 * Checks an expression as far as it goes without a catalog: every name is taken for a column of the row.
 *
 * @param table the table as the plan writes it; null if the entry names none.
 */
export function checkExpression(text: string, table: string | null): SqlFault | null {
  const fault = parse(`SELECT (\n${text}\n)`).fault;
  // Without a catalog nobody knows in which schema `users` is: `app.users.id` may well be a column of it.
  if (fault === null && (table === null || /\.[^.]*\./.test(text))) return null;
  try {
    parseExpression(text, {
      table: parseTableName(table ?? "row", "public"),
      columns: fault === null ? names(text) : [],
    });
    return null;
  } catch (error) {
    return faultOf(error);
  }
}

/** Checks that a text is one SQL type and nothing else. */
export function checkType(text: string): SqlFault | null {
  const head = "SELECT CAST(NULL AS\n";
  const { statements, fault } = parse(`${head}${text}\n)`);
  if (fault !== null)
    return { message: fault.message, offset: Math.min(Math.max(0, fault.offset - head.length), text.length) };
  const node = statements.length === 1 ? statements[0]?.node : undefined;
  const targets =
    node !== undefined && "SelectStmt" in node && node.SelectStmt.fromClause === undefined
      ? (node.SelectStmt.targetList ?? [])
      : [];
  const target = targets.length === 1 ? targets[0] : undefined;
  const value = target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
  return value !== undefined &&
    "TypeCast" in value &&
    value.TypeCast.arg !== undefined &&
    "A_Const" in value.TypeCast.arg
    ? null
    : { message: "one SQL type is expected", offset: 0 };
}

/** Checks a script: its syntax, and that it holds nothing that a runner of statements can't run. */
export function checkScript(script: string): readonly SqlFault[] {
  try {
    return splitStatements(script).flatMap(({ refusal, offset }) =>
      refusal === null ? [] : [{ message: refusal, offset }],
    );
  } catch (error) {
    return [faultOf(error)];
  }
}

/** Checks that a text is one query: what a gate asks. */
export function checkQuery(text: string): SqlFault | null {
  const { statements, fault } = parse(text);
  if (fault !== null) return fault;
  const node = statements.length === 1 ? statements[0]?.node : undefined;
  const query = node !== undefined && "SelectStmt" in node ? node.SelectStmt : undefined;
  // `WITH gone AS (DELETE …) SELECT …` is a SELECT, too.
  const writes = query?.withClause?.ctes?.some((one) => {
    const inside = "CommonTableExpr" in one ? one.CommonTableExpr.ctequery : undefined;
    return inside === undefined || !("SelectStmt" in inside);
  });
  return query !== undefined && query.intoClause === undefined && writes !== true
    ? null
    : { message: "one SELECT is expected", offset: 0 };
}

/** SEG0004 as a fault; anything else is thrown on. */
function faultOf(error: unknown): SqlFault {
  if (!(error instanceof SegueError) || error.code !== "SEG0004") throw error;
  return { message: error.message, offset: Number(error.detail?.["offset"] ?? 0) };
}

/** Every word of a text, as a name of the catalog: quoted ones literally, others in lower case. */
function names(text: string): readonly string[] {
  return scan(`SELECT (\n${text}\n)`).map((token) =>
    token.text.startsWith('"') ? token.text.slice(1, -1).replaceAll('""', '"') : token.text.toLowerCase(),
  );
}
