import { consistentRead } from "./consistent-read.ts";
import type { Session } from "./session.ts";

// What is in a schema hangs on it; a table's indexes, types and rules hang on the table.
const SQL = `
SELECT i.type || ' ' || i.identity AS name
  FROM pg_namespace n
  JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.deptype = 'n'
  CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) i
  LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
 WHERE n.nspname = $1 AND NOT coalesce(c.relkind = 'v' AND c.relname = ANY ($2::text[]), false)
 ORDER BY name`;

/** What stands in a schema besides the views of these names, as PostgreSQL identifies it. */
export async function findStrangers(
  session: Session,
  schema: string,
  views: readonly string[],
): Promise<readonly string[]> {
  return await consistentRead(session, async () => {
    const { rows } = await session.query<{ name: string }>(SQL, [schema, views]);
    return rows.map(({ name }) => name);
  });
}
