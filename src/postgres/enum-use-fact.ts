import type { Fact } from "../model/catalog.ts";
import type { EnumUse } from "../model/enum-use.ts";
import type { RelationName } from "../model/relation.ts";
import { CATALOG_ONLY, setPath } from "./consistent-read.ts";
import { enumFact } from "./enum-fact.ts";
import type { Session } from "./session.ts";

// A temporary table is its session's own and gone with it. What a default, a check, an index or a statistics object makes of
// the type goes along with the column that it is of or reads.
const SQL = `
WITH t AS (
  SELECT t.oid, t.typarray, t.typowner, t.typacl
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE n.nspname = $1 AND t.typname = $2 AND t.typtype = 'e'
), held AS (
  SELECT a.attrelid, a.attnum, a.attname, a.atttypid = t.typarray AS is_array, c.relispartition, c.relname, c.relnamespace
    FROM t JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
), made AS (
  SELECT d.classid, d.objid, d.objsubid
    FROM t JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray)
   WHERE NOT (d.classid = 'pg_type'::regclass AND d.objid = t.typarray)
     AND NOT EXISTS (SELECT FROM pg_class c WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relpersistence = 't')
     AND NOT EXISTS (SELECT FROM held h WHERE d.classid = 'pg_class'::regclass AND h.attrelid = d.objid AND h.attnum = d.objsubid)
     -- The functions of a range are told with it.
     AND NOT EXISTS (SELECT FROM pg_depend i
                      WHERE d.classid = 'pg_proc'::regclass AND i.classid = d.classid AND i.objid = d.objid AND i.deptype = 'i')
     AND NOT EXISTS (SELECT FROM held h JOIN pg_attrdef f ON f.adrelid = h.attrelid AND f.adnum = h.attnum
                      WHERE d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid)
     AND NOT EXISTS (SELECT FROM pg_class c JOIN pg_attrdef f ON f.adrelid = c.oid AND c.relpersistence = 't'
                      WHERE d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid)
     AND NOT EXISTS (
           SELECT FROM pg_depend r JOIN held h ON r.refobjid = h.attrelid AND r.refobjsubid = h.attnum
            WHERE r.classid = d.classid AND r.objid = d.objid AND r.refclassid = 'pg_class'::regclass
              AND (d.classid IN ('pg_constraint'::regclass, 'pg_statistic_ext'::regclass)
                   OR d.classid = 'pg_class'::regclass AND d.objsubid = 0
                      AND EXISTS (SELECT FROM pg_class i WHERE i.oid = d.objid AND i.relkind IN ('i', 'I'))))
)
SELECT json_build_object(
    'type', format_type(t.oid, NULL),
    'values', (SELECT coalesce(json_agg(e.enumlabel ORDER BY e.enumsortorder), '[]') FROM pg_enum e WHERE e.enumtypid = t.oid),
    'owner', pg_get_userbyid(t.typowner),
    'comment', obj_description(t.oid, 'pg_type'),
    'grants', CASE WHEN t.typacl IS NOT NULL THEN (
      SELECT coalesce(json_agg(json_strip_nulls(json_build_object(
          'grantee', g.name, 'privilege', g.privilege_type, 'grantable', g.is_grantable, 'grantor', g.grantor))
          ORDER BY g.name, g.grantor NULLS FIRST), '[]')
        FROM (SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee)::text END AS name,
                     x.privilege_type, x.is_grantable,
                     CASE WHEN x.grantor <> t.typowner THEN pg_get_userbyid(x.grantor) END AS grantor
                FROM aclexplode(t.typacl) x) g) END,
    'columns', (
      SELECT coalesce(json_agg(json_build_object(
          'table', json_build_object('schema', n.nspname, 'name', h.relname), 'column', h.attname, 'array', h.is_array)
          ORDER BY n.nspname, h.relname, h.attnum), '[]')
        FROM held h JOIN pg_namespace n ON n.oid = h.relnamespace WHERE NOT h.relispartition),
    'others', (
      SELECT coalesce(json_agg(DISTINCT o.name), '[]')
        FROM (SELECT pg_describe_object(coalesce(v.classid, m.classid), coalesce(v.objid, m.objid),
                                        CASE WHEN c.relkind IN ('r', 'p') THEN m.objsubid ELSE 0 END) AS name
                FROM made m
                LEFT JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
                LEFT JOIN LATERAL (SELECT 'pg_class'::regclass::oid AS classid, r.ev_class AS objid FROM pg_rewrite r
                                    WHERE m.classid = 'pg_rewrite'::regclass AND r.oid = m.objid) v ON true
              UNION ALL
              SELECT pg_describe_object(d.refclassid, d.refobjid, 0) FROM pg_depend d
               WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
              UNION ALL
              SELECT 'security label of ' || l.provider FROM pg_seclabel l
               WHERE l.classoid = 'pg_type'::regclass AND l.objoid = t.oid) o)
  ) AS use
  FROM t`;

/** What an enum has and what uses it; an error if there is none of that name. */
export async function enumUseFact(session: Session, type: RelationName): Promise<Fact> {
  await setPath(session, CATALOG_ONLY);
  const { rows } = await session.query<{ use: EnumUse }>(SQL, [type.schema, type.name]);
  const [found] = rows;
  return found === undefined ? enumFact(session, type) : { use: found.use };
}
