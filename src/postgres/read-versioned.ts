import { type StandingVersion, VERSION_MARK, type Versioned, type VersionedTable } from "../model/versioned.ts";
import { consistentRead } from "./consistent-read.ts";
import { notOfExtension } from "./snapshot-scope.ts";
import type { Session } from "./session.ts";

const TABLES = `
SELECT n.nspname AS schema, c.relname AS name, c.relrowsecurity AS "rowSecurity",
       has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
         AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE') AS reachable, array_to_json(ARRAY(
         SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)) AS columns, array_to_json(ARRAY(
         SELECT DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee)::text END
           FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) x
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND x.privilege_type = 'SELECT'
            AND NOT EXISTS (SELECT FROM aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) w
                             WHERE w.grantee IN (x.grantee, 0) AND w.privilege_type = 'SELECT')
          ORDER BY 1)) AS "partialReaders"
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
   AND ${notOfExtension("pg_class", "c.oid")}
 ORDER BY n.nspname, c.relname`;

const STANDING = `
SELECT n.nspname AS schema, substr(obj_description(n.oid, 'pg_namespace'), length($1) + 1) AS of, array_to_json(ARRAY(
         SELECT c.relname FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind = 'v' ORDER BY c.relname)) AS views
  FROM pg_namespace n
 WHERE left(obj_description(n.oid, 'pg_namespace'), length($1)) = $1
 ORDER BY n.nspname`;

/** Reads what versioned schemas of these schemas would show, and those that there are in the database. */
export async function readVersioned(session: Session, schemas: readonly string[]): Promise<Versioned> {
  return await consistentRead(session, async () => {
    const tables = await session.query<VersionedTable>(TABLES, [schemas]);
    const names = await session.query<{ name: string; may: boolean }>(
      "SELECT nspname AS name, has_database_privilege(current_database(), 'CREATE') AS may FROM pg_namespace",
    );
    const standing = await session.query<StandingVersion>(STANDING, [VERSION_MARK]);
    return {
      tables: tables.rows,
      schemas: names.rows.map(({ name }) => name),
      standing: standing.rows,
      mayCreate: names.rows.every(({ may }) => may),
    };
  });
}
