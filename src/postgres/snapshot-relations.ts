import { privileges, RELATIONS, SCOPE } from "./snapshot-scope.ts";

export const SCHEMAS = `
WITH ${SCOPE}
SELECT 'schema ' || quote_ident(n.nspname) AS object, NULL AS part, json_build_object(
    'owner', pg_get_userbyid(n.nspowner),
    'privileges', ${privileges("n.nspacl", "n", "n.nspowner")},
    'comment', obj_description(n.oid, 'pg_namespace')) AS properties
  FROM scope JOIN pg_namespace n ON n.oid = scope.oid`;

// Columns go by rank: a dropped one keeps its attnum and leaves no trace here.
export const TABLES_AND_VIEWS = `
WITH ${RELATIONS}
SELECT c.object, NULL AS part, json_build_object(
    'owner', pg_get_userbyid(c.relowner),
    'privileges', ${privileges("c.relacl", "r", "c.relowner")},
    'comment', obj_description(c.oid, 'pg_class'),
    'column order', (SELECT coalesce(json_agg(a.attname ORDER BY a.attnum), '[]') FROM pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'definition', CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
    'populated', CASE WHEN c.relkind = 'm' THEN c.relispopulated END,
    'persistence', CASE c.relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' END,
    'access method', am.amname,
    'tablespace', ts.spcname,
    'options', (SELECT json_agg(o ORDER BY o COLLATE "C") FROM unnest(c.reloptions) o),
    'toast options', (SELECT json_agg(o ORDER BY o COLLATE "C") FROM unnest(toast.reloptions) o),
    'row security', CASE WHEN c.relforcerowsecurity THEN CASE WHEN c.relrowsecurity THEN 'forced' ELSE 'off, to be forced' END
                         WHEN c.relrowsecurity THEN 'on' END,
    'replica identity', CASE c.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN 'nothing' WHEN 'i' THEN 'index' END,
    'of type', nullif(c.reloftype, 0)::regtype::text,
    'partition key', CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
    'partition bound', pg_get_expr(c.relpartbound, c.oid),
    'parents', (SELECT json_agg(i.inhparent::regclass::text || CASE WHEN i.inhdetachpending THEN ' (detach pending)' ELSE '' END
                                ORDER BY i.inhseqno)
                  FROM pg_inherits i WHERE i.inhrelid = c.oid),
    'server', (SELECT s.srvname FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid),
    'foreign options', (SELECT to_json(f.ftoptions) FROM pg_foreign_table f WHERE f.ftrelid = c.oid)
  ) AS properties
  FROM relation c
  LEFT JOIN pg_am am ON am.oid = c.relam
  LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
  LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid
 WHERE c.relkind <> 'S'`;

// Without last_value: that is data.
export const SEQUENCES = `
WITH ${RELATIONS}
SELECT c.object, NULL AS part, json_build_object(
    'owner', pg_get_userbyid(c.relowner),
    'privileges', ${privileges("c.relacl", "s", "c.relowner")},
    'comment', obj_description(c.oid, 'pg_class'),
    'persistence', CASE c.relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' END,
    'type', format_type(s.seqtypid, NULL),
    'start', s.seqstart::text, 'increment', s.seqincrement::text, 'minimum', s.seqmin::text, 'maximum', s.seqmax::text,
    'cache', s.seqcache::text, 'cycle', s.seqcycle,
    'owned by', (
      SELECT json_agg(format('%s.%I', d.refobjid::regclass, a.attname) || CASE d.deptype WHEN 'i' THEN ' (identity)' ELSE '' END)
        FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
       WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
         AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i'))) AS properties
  FROM relation c JOIN pg_sequence s ON s.seqrelid = c.oid`;
