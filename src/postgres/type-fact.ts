import type { Fact } from "../model/catalog.ts";
import { ident } from "../sql/identifier.ts";
import { parse } from "../sql/parser.ts";
import { constrainedDomain } from "./constrained-domain.ts";
import { CATALOG_ONLY, setPath } from "./consistent-read.ts";
import type { Session } from "./session.ts";
import { SQLSTATE } from "./sqlstate.ts";

const FORMAT = `
SELECT format_type(atttypid, atttypmod) AS type, ${constrainedDomain("atttypid")} AS constrained,
       attcollation <> 0 AS collatable
  FROM pg_attribute
 WHERE attrelid = 'pg_temp.segue_probe'::regclass AND attnum = 1`;

/**
 * How the server writes a type. Resolved as a view's column, inside the caller's savepoint: unlike a row description
 * this keeps domains, and unlike a table's column it takes no `serial` for a type. Nothing is evaluated.
 */
export async function typeFact(session: Session, type: string, schema: string): Promise<Fact> {
  const statement = `CREATE TEMP VIEW segue_probe AS SELECT NULL::${type}\n AS c`;
  if (!castsNull(statement)) return { error: `not a type: ${type}`, sqlstate: SQLSTATE.syntaxError };
  await setPath(session, `${ident(schema)}, public, pg_temp`);
  await session.query(statement);
  await setPath(session, CATALOG_ONLY);
  const { rows } = await session.query<{ type: string; constrained: boolean; collatable: boolean }>(FORMAT);
  return rows[0] ?? { type: "" };
}

/** True if the statement is what it was meant to be: a type that smuggles in more changes its parse tree. */
function castsNull(statement: string): boolean {
  const { statements } = parse(statement);
  const [only, ...more] = statements ?? [];
  if (only === undefined || more.length > 0 || !("ViewStmt" in only.node)) return false;
  const query = only.node.ViewStmt.query;
  if (query === undefined || !("SelectStmt" in query)) return false;
  const { targetList, limitOption: _limitOption, op: _op, ...clauses } = query.SelectStmt;
  const [target, ...others] = targetList ?? [];
  if (target === undefined || others.length > 0 || Object.keys(clauses).length > 0) return false;
  if (!("ResTarget" in target) || target.ResTarget.name !== "c") return false;
  const value = target.ResTarget.val;
  if (value === undefined || !("TypeCast" in value)) return false;
  const { arg, typeName } = value.TypeCast;
  return arg !== undefined && "A_Const" in arg && arg.A_Const.isnull === true && typeName?.setof !== true;
}
