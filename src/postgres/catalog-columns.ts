import type { Column } from "../model/catalog.ts";
import { byTable, type OfTable } from "./by-table.ts";
import { constrainedDomain } from "./constrained-domain.ts";
import type { Session } from "./session.ts";

const STORAGE = (column: string) =>
  `CASE ${column} WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END`;

/** The sequences that column `a` owns: the identity's comes first, then the one that the default reads. */
const OWNED = `
        FROM pg_depend own
        JOIN pg_class s ON s.oid = own.objid AND s.relkind = 'S'
        JOIN pg_namespace sn ON sn.oid = s.relnamespace
        JOIN pg_sequence seq ON seq.seqrelid = s.oid
       WHERE own.classid = 'pg_class'::regclass AND own.refclassid = 'pg_class'::regclass
         AND own.refobjid = a.attrelid AND own.refobjsubid = a.attnum AND own.deptype IN ('a', 'i')
       ORDER BY own.deptype = 'i' DESC,
             EXISTS (SELECT FROM pg_depend used
                      WHERE used.classid = 'pg_attrdef'::regclass AND used.objid = d.oid
                        AND used.refclassid = 'pg_class'::regclass AND used.refobjid = s.oid) DESC,
             s.oid`;

// Up to 17 an attstattarget of -1 is the default, from 18 on NULL is.
const SQL = `
SELECT a.attrelid AS table_oid, json_build_object(
    'name', a.attname,
    'attnum', a.attnum,
    'type', format_type(a.atttypid, a.atttypmod),
    'constrainedType', ${constrainedDomain("a.atttypid")},
    'notNull', a.attnotnull,
    'notNullConstraint', nn.conname,
    'notNullValid', coalesce(nn.convalidated, true),
    'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
    'generated', CASE WHEN a.attgenerated <> '' THEN json_build_object(
        'kind', CASE a.attgenerated WHEN 'v' THEN 'virtual' ELSE 'stored' END,
        'expression', pg_get_expr(d.adbin, d.adrelid)) END,
    'sequence', (
      SELECT json_build_object('schema', sn.nspname, 'name', s.relname)${OWNED} LIMIT 1),
    'sequenceType', (SELECT format_type(seq.seqtypid, NULL)${OWNED} LIMIT 1),
    'otherSequences', (
      SELECT coalesce(json_agg(other.item), '[]')
        FROM (SELECT json_build_object('schema', sn.nspname, 'name', s.relname) AS item${OWNED} OFFSET 1) other),
    'sequenceUsers', (
      SELECT coalesce(json_agg(DISTINCT pg_describe_object(used.classid, used.objid, used.objsubid)), '[]')
        FROM pg_depend own
        JOIN pg_class s ON s.oid = own.objid AND s.relkind = 'S'
        JOIN pg_depend used ON used.refclassid = 'pg_class'::regclass AND used.refobjid = s.oid AND used.deptype = 'n'
       WHERE own.classid = 'pg_class'::regclass AND own.refclassid = 'pg_class'::regclass
         AND own.refobjid = a.attrelid AND own.refobjsubid = a.attnum AND own.deptype IN ('a', 'i')
         AND NOT (used.classid = 'pg_attrdef'::regclass AND used.objid = d.oid)),
    'collation', CASE WHEN a.attcollation <> 0 AND a.attcollation <> t.typcollation THEN (
      SELECT CASE WHEN cn.nspname = 'pg_catalog' THEN quote_ident(co.collname)
                  ELSE format('%I.%I', cn.nspname, co.collname) END
        FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace
       WHERE co.oid = a.attcollation) END,
    'storage', ${STORAGE("a.attstorage")},
    'defaultStorage', ${STORAGE("t.typstorage")},
    'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
    'statisticsTarget', nullif(a.attstattarget, -1),
    'options', coalesce(to_json(a.attoptions), '[]'),
    'comment', col_description(a.attrelid, a.attnum),
    'grants', (
      SELECT coalesce(json_agg(json_strip_nulls(json_build_object(
          'grantee', g.name, 'privilege', g.privilege_type, 'grantable', g.is_grantable, 'grantor', g.grantor))
          ORDER BY g.name, g.privilege_type, g.grantor NULLS FIRST), '[]')
        FROM (SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee)::text END AS name,
                     x.privilege_type, x.is_grantable,
                     CASE WHEN x.grantor <> c.relowner THEN pg_get_userbyid(x.grantor) END AS grantor
                FROM aclexplode(a.attacl) x) g),
    'securityLabels', (
      SELECT coalesce(json_agg(json_build_object('provider', l.provider, 'label', l.label) ORDER BY l.provider), '[]')
        FROM pg_seclabel l
       WHERE l.classoid = 'pg_class'::regclass AND l.objoid = a.attrelid AND l.objsubid = a.attnum),
    'inherited', a.attinhcount > 0
  ) AS item
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_constraint nn ON nn.conrelid = a.attrelid AND nn.contype = 'n' AND nn.conkey[1] = a.attnum
 WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum`;

/** The columns of the tables, in their order. */
export async function readColumns(
  session: Session,
  oids: readonly number[],
): Promise<(oid: number) => readonly Column[]> {
  const { rows } = await session.query<OfTable<Column>>(SQL, [oids]);
  return byTable(rows);
}
