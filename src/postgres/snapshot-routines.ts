import { notOfExtension, privileges, SCOPE } from "./snapshot-scope.ts";

// pg_get_functiondef() refuses aggregates, whose row in pg_aggregate is their definition.
export const ROUTINES = `
WITH ${SCOPE}
SELECT CASE p.prokind WHEN 'p' THEN 'procedure ' WHEN 'a' THEN 'aggregate ' ELSE 'function ' END || p.oid::regprocedure::text AS object,
  NULL AS part, json_build_object(
    'definition', CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END,
    'aggregate', (SELECT to_jsonb(a) - 'aggfnoid' FROM pg_aggregate a WHERE a.aggfnoid = p.oid),
    'result', CASE WHEN p.prokind = 'a' THEN pg_get_function_result(p.oid) END,
    'owner', pg_get_userbyid(p.proowner),
    'privileges', ${privileges("p.proacl", "f", "p.proowner")},
    'comment', obj_description(p.oid, 'pg_proc')) AS properties
  FROM scope JOIN pg_proc p ON p.pronamespace = scope.oid
 WHERE ${notOfExtension("pg_proc", "p.oid")}`;
