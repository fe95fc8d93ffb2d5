import { dollarQuote, literal } from "../sql/literal.ts";
import type { ShownTable } from "./shown-tables.ts";

const GRANTEE = "CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END";

/**
 * Gives a versioned schema the rights that the schema of the tables grants, and each view those of its table, as they are
 * when it runs: what the plan creates has its own from the default privileges. What these gave to the schema and the views
 * themselves goes. The owners of the schema and of the tables, who need no grant there, get one here.
 *
 * The server knows which table a view is over; the columns that have another name in the view are listed.
 */
export function versionRights(of: string, schema: string, shown: readonly ShownTable[]): string {
  const renamed = shown.flatMap(({ as: view, columns }) =>
    columns
      .filter(({ as, column }) => as !== column)
      .map(({ as, column }) => `(${[view, as, column].map(literal).join(", ")})`),
  );
  const names = renamed.length === 0 ? "SELECT '', '', '' WHERE false" : `VALUES ${renamed.join(", ")}`;
  const place = `format('SCHEMA %I', ${literal(schema)})`;
  const view = `format('TABLE %I.%I', ${literal(schema)}, v.relname)`;
  return `DO ${dollarQuote(`
DECLARE
  command text;
BEGIN
  FOR command IN
    WITH made AS (
      SELECT oid, nspacl, nspowner FROM pg_namespace WHERE nspname = ${literal(schema)}
    ), pair AS (
      SELECT DISTINCT v.oid, v.relname, d.refobjid AS source
        FROM made
        JOIN pg_class v ON v.relnamespace = made.oid
        JOIN pg_rewrite r ON r.ev_class = v.oid
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                        AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> v.oid
    ), renamed (view, name, source) AS (
      ${names}
    ), had (object, acl, owner) AS (
      SELECT ${place}, nspacl, nspowner FROM made
      UNION ALL
      SELECT ${view}, v.relacl, v.relowner FROM made JOIN pg_class v ON v.relnamespace = made.oid
    ), has (object, part, acl, owner, privilege) AS (
      SELECT ${place}, '', coalesce(n.nspacl, acldefault('n', n.nspowner)), made.nspowner, 'USAGE'
        FROM pg_namespace n CROSS JOIN made WHERE n.nspname = ${literal(of)}
      UNION ALL
      SELECT ${view}, '', coalesce(t.relacl, acldefault('r', t.relowner)), made.nspowner, NULL
        FROM pair v CROSS JOIN made JOIN pg_class t ON t.oid = v.source
      UNION ALL
      SELECT ${view}, format(' (%I)', c.attname), a.attacl, made.nspowner, NULL
        FROM pair v
        CROSS JOIN made
        JOIN pg_attribute c ON c.attrelid = v.oid AND c.attnum > 0
        LEFT JOIN renamed r ON r.view = v.relname AND r.name = c.attname
        JOIN pg_attribute a ON a.attrelid = v.source AND a.attname = coalesce(r.source, c.attname)
    ), commands (turn, command) AS (
      SELECT 1, format('REVOKE ALL ON %s FROM %s', h.object, ${GRANTEE})
        FROM had h CROSS JOIN LATERAL aclexplode(h.acl) x WHERE x.grantee <> h.owner
      UNION
      SELECT 2, format('GRANT %s%s ON %s TO %s%s', x.privilege_type, h.part, h.object, ${GRANTEE},
                       CASE WHEN bool_or(x.is_grantable) THEN ' WITH GRANT OPTION' ELSE '' END)
        FROM has h CROSS JOIN LATERAL aclexplode(h.acl) x
       WHERE x.grantee <> h.owner AND x.privilege_type = coalesce(h.privilege, x.privilege_type)
       GROUP BY h.object, h.part, x.grantee, x.privilege_type
    )
    SELECT c.command FROM commands c ORDER BY c.turn, c.command
  LOOP
    EXECUTE command;
  END LOOP;
END
`)}`;
}
