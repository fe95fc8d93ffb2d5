import { privileges, RELATIONS } from "./snapshot-scope.ts";

export const COLUMNS = `
WITH ${RELATIONS}
SELECT c.object, 'column ' || quote_ident(a.attname) AS part, json_build_object(
    'type', format_type(a.atttypid, a.atttypmod),
    'not null', a.attnotnull,
    'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    'generated', CASE a.attgenerated WHEN '' THEN NULL WHEN 'v' THEN 'virtual ' ELSE 'stored ' END || pg_get_expr(d.adbin, d.adrelid),
    'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
    'collation', CASE WHEN a.attcollation <> t.typcollation THEN nullif(a.attcollation, 0)::regcollation::text END,
    'storage', CASE WHEN a.attstorage <> t.typstorage THEN
        CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END END,
    'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
    'statistics target', nullif(a.attstattarget, -1),
    'options', (SELECT json_agg(o ORDER BY o COLLATE "C") FROM unnest(a.attoptions) o),
    'foreign options', to_json(a.attfdwoptions),
    'comment', col_description(a.attrelid, a.attnum),
    'security labels', (SELECT json_agg(format('%s: %s', l.provider, l.label) ORDER BY l.provider COLLATE "C") FROM pg_seclabel l
       WHERE l.classoid = 'pg_class'::regclass AND l.objoid = a.attrelid AND l.objsubid = a.attnum),
    'privileges', ${privileges("a.attacl", null)},
    'inherited from', nullif(a.attinhcount, 0),
    'local', CASE WHEN a.attinhcount > 0 THEN a.attislocal END
  ) AS properties
  FROM relation c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE c.relkind <> 'S'`;
