import { notOfExtension, privileges, SCOPE } from "./snapshot-scope.ts";

// Array, multirange and row types come with their base; a composite type's own columns stand with the relations.
const TYPES_IN_SCOPE = `${SCOPE}, type AS (
  SELECT t.*, CASE t.typtype WHEN 'd' THEN 'domain ' ELSE 'type ' END || t.oid::regtype::text AS object
    FROM pg_type t JOIN scope ON scope.oid = t.typnamespace
    LEFT JOIN pg_class c ON c.oid = t.typrelid
   WHERE t.typtype <> 'm' AND (t.typrelid = 0 OR c.relkind = 'c')
     AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
     AND ${notOfExtension("pg_type", "t.oid")}
)`;

// A part, so that a composite type keeps what the relation behind it says.
export const TYPES = `
WITH ${TYPES_IN_SCOPE}
SELECT t.object, 'type' AS part, json_build_object(
    'kind', CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' WHEN 'c' THEN 'composite' ELSE 'base' END,
    'owner', pg_get_userbyid(t.typowner),
    'privileges', ${privileges("t.typacl", "T", "t.typowner")},
    'comment', obj_description(t.oid, 'pg_type'),
    'labels', (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
    'base type', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
    'not null', CASE WHEN t.typtype = 'd' THEN t.typnotnull END,
    'default', t.typdefault,
    'collation', nullif(t.typcollation, 0)::regcollation::text,
    'subtype', (SELECT r.rngsubtype::regtype::text FROM pg_range r WHERE r.rngtypid = t.oid),
    'storage', CASE WHEN t.typtype = 'b' THEN t.typstorage END) AS properties
  FROM type t`;

export const DOMAIN_CONSTRAINTS = `
WITH ${TYPES_IN_SCOPE}
SELECT t.object, 'constraint ' || quote_ident(k.conname) AS part, json_build_object(
    'definition', pg_get_constraintdef(k.oid),
    'valid', k.convalidated,
    'comment', obj_description(k.oid, 'pg_constraint')) AS properties
  FROM type t JOIN pg_constraint k ON k.contypid = t.oid`;
