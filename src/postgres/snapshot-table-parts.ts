import { USER_TRIGGER } from "./catalog-triggers.ts";
import { RELATIONS } from "./snapshot-scope.ts";

// Rows that a foreign key to a partitioned table has besides, one a partition, come and go with it. Whether a partition's
// NOT NULL is local says how it came there: ATTACH clears the flag, nothing else can, and pg_dump does not look at it.
export const CONSTRAINTS = `
WITH ${RELATIONS}
SELECT c.object, 'constraint ' || quote_ident(k.conname) AS part, json_build_object(
    'definition', pg_get_constraintdef(k.oid),
    'valid', k.convalidated,
    'index', CASE WHEN k.contype IN ('p', 'u', 'x') THEN i.relname END,
    'comment', obj_description(k.oid, 'pg_constraint'),
    'inherited from', nullif(k.coninhcount, 0),
    'local', CASE WHEN k.coninhcount > 0 AND NOT (k.contype = 'n' AND c.relispartition) THEN k.conislocal END,
    'parent', (SELECT format('%I on %s', p.conname, p.conrelid::regclass) FROM pg_constraint p WHERE p.oid = k.conparentid),
    'triggers', (SELECT json_agg(DISTINCT t.tgenabled) FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled <> 'O')
  ) AS properties
  FROM relation c
  JOIN pg_constraint k ON k.conrelid = c.oid
  LEFT JOIN pg_class i ON i.oid = k.conindid
 WHERE NOT EXISTS (SELECT FROM pg_constraint p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid)`;

export const INDEXES = `
WITH ${RELATIONS}
SELECT c.object, 'index ' || quote_ident(i.relname) AS part, json_build_object(
    'definition', pg_get_indexdef(i.oid),
    'valid', x.indisvalid AND x.indisready AND x.indislive,
    'comment', obj_description(i.oid, 'pg_class'),
    'tablespace', ts.spcname,
    'clustered', nullif(x.indisclustered, false),
    'replica identity', nullif(x.indisreplident, false),
    'parent', (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = i.oid),
    'statistics targets', (SELECT json_agg(format('%s=%s', a.attnum, a.attstattarget) ORDER BY a.attnum)
                             FROM pg_attribute a WHERE a.attrelid = i.oid AND nullif(a.attstattarget, -1) IS NOT NULL)
  ) AS properties
  FROM relation c
  JOIN pg_index x ON x.indrelid = c.oid
  JOIN pg_class i ON i.oid = x.indexrelid
  LEFT JOIN pg_tablespace ts ON ts.oid = i.reltablespace`;

export const TRIGGERS = `
WITH ${RELATIONS}
SELECT c.object, 'trigger ' || quote_ident(t.tgname) AS part, json_build_object(
    'definition', pg_get_triggerdef(t.oid),
    'enabled', CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' ELSE 'origin' END,
    'comment', obj_description(t.oid, 'pg_trigger'),
    'inherited', nullif(t.tgparentid <> 0, false)) AS properties
  FROM relation c JOIN pg_trigger t ON t.tgrelid = c.oid
 WHERE ${USER_TRIGGER}`;

export const RULES = `
WITH ${RELATIONS}
SELECT c.object, 'rule ' || quote_ident(r.rulename) AS part, json_build_object(
    'definition', pg_get_ruledef(r.oid),
    'enabled', r.ev_enabled,
    'comment', obj_description(r.oid, 'pg_rewrite')) AS properties
  FROM relation c JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename <> '_RETURN'`;

export const POLICIES = `
WITH ${RELATIONS}
SELECT c.object, 'policy ' || quote_ident(p.polname) AS part, json_build_object(
    'permissive', p.polpermissive,
    'command', p.polcmd,
    'roles', (SELECT json_agg(r ORDER BY r COLLATE "C")
                FROM (SELECT CASE o WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(o)::text END AS r FROM unnest(p.polroles) o) named),
    'using', pg_get_expr(p.polqual, p.polrelid),
    'with check', pg_get_expr(p.polwithcheck, p.polrelid),
    'comment', obj_description(p.oid, 'pg_policy')) AS properties
  FROM relation c JOIN pg_policy p ON p.polrelid = c.oid`;

export const STATISTICS = `
WITH ${RELATIONS}
SELECT c.object, format('statistics %I.%I', n.nspname, s.stxname) AS part, json_build_object(
    'definition', pg_get_statisticsobjdef(s.oid),
    'owner', pg_get_userbyid(s.stxowner),
    'target', nullif(s.stxstattarget, -1),
    'comment', obj_description(s.oid, 'pg_statistic_ext')) AS properties
  FROM relation c JOIN pg_statistic_ext s ON s.stxrelid = c.oid JOIN pg_namespace n ON n.oid = s.stxnamespace`;
