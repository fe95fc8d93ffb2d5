import type { Dependent } from "../model/catalog.ts";
import { type OfTable, byTable } from "./by-table.ts";
import { ARGUMENT_NAMES_COLUMN, USER_TRIGGER } from "./catalog-triggers.ts";
import { readNamingFunctions } from "./naming-functions.ts";
import { loadParser } from "../sql/parser.ts";
import type { Session } from "./session.ts";
import { VIEW_OBSTACLE, type ViewOfTable, withObstacle } from "./view-obstacle.ts";

/**
 * Everything that pg_depend knows to hang on the tables, one branch a kind; triggers' arguments are read besides.
 * What hangs on a partition or an inheriting table counts too, since a change of a column reaches it; `member`
 * has these. A view's columns, a policy's, a row filter's: all are dependencies on (table, column).
 */
const SQL = `
WITH RECURSIVE member (root, oid) AS (
  SELECT w, w FROM unnest($1::oid[]) AS w
  UNION
  SELECT m.root, h.inhrelid FROM member m JOIN pg_inherits h ON h.inhparent = m.oid
), hangs AS (
  SELECT m.root, m.oid AS relation, d.refobjsubid AS attnum, d.classid, d.objid, d.objsubid, d.deptype
    FROM member m
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = m.oid
), row_type (root, relation, oid) AS (
  -- The type of the table's rows, its array, and domains over these.
  SELECT m.root, m.oid, t.oid FROM member m JOIN pg_type t ON t.typrelid = m.oid
  UNION
  SELECT r.root, r.relation, above.oid
    FROM row_type r
    JOIN pg_type t ON t.oid = r.oid
    JOIN pg_type above ON above.oid = t.typarray OR (above.typtype = 'd' AND above.typbasetype = t.oid)
), plain_view (oid, name) AS (
  SELECT DISTINCT c.oid, c.oid::regclass::text
    FROM hangs h
    JOIN pg_rewrite r ON h.classid = 'pg_rewrite'::regclass AND r.oid = h.objid
    JOIN pg_class c ON c.oid = r.ev_class AND c.relkind = 'v'
), found (root, relation, attnum, kind, schema, name, evidence) AS (
  SELECT h.root, h.relation, h.attnum,
         CASE WHEN r.rulename <> '_RETURN' THEN 'rule' WHEN c.relkind = 'm' THEN 'materialized view' ELSE 'view' END,
         c.relnamespace,
         CASE WHEN r.rulename <> '_RETURN' THEN format('%I on %s', r.rulename, c.oid::regclass) ELSE c.oid::regclass::text END,
         'pg_depend'
    FROM hangs h
    JOIN pg_rewrite r ON h.classid = 'pg_rewrite'::regclass AND r.oid = h.objid
    JOIN pg_class c ON c.oid = r.ev_class
   WHERE r.rulename <> '_RETURN' OR c.oid <> h.relation
  UNION ALL
  SELECT h.root, h.relation, h.attnum, 'policy', c.relnamespace, format('%I on %s', p.polname, c.oid::regclass), 'pg_depend'
    FROM hangs h
    JOIN pg_policy p ON h.classid = 'pg_policy'::regclass AND p.oid = h.objid
    JOIN pg_class c ON c.oid = p.polrelid
  UNION ALL
  SELECT h.root, h.relation, h.attnum, 'function', p.pronamespace, p.oid::regprocedure::text, 'pg_depend'
    FROM hangs h
    JOIN pg_proc p ON h.classid = 'pg_proc'::regclass AND p.oid = h.objid
  UNION ALL
  -- Parameters and results of the table's row type.
  SELECT m.root, m.oid, 0, 'function', p.pronamespace, p.oid::regprocedure::text, 'pg_depend'
    FROM member m
    JOIN pg_type t ON t.typrelid = m.oid
    JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray)
    JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
  UNION ALL
  -- In 14 the generated column itself hangs on the columns that it reads, later its expression does.
  SELECT h.root, h.relation, h.attnum, 'generated column', c.relnamespace, format('%s.%I', c.oid::regclass, g.attname), 'pg_depend'
    FROM hangs h
    LEFT JOIN pg_attrdef e ON h.classid = 'pg_attrdef'::regclass AND e.oid = h.objid AND e.adrelid = h.relation
    JOIN pg_class c ON c.oid = h.relation
    JOIN pg_attribute g ON g.attrelid = h.relation AND g.attgenerated <> ''
                       AND g.attnum = CASE WHEN h.classid = 'pg_class'::regclass AND h.objid = h.relation THEN h.objsubid ELSE e.adnum END
   WHERE h.relation = h.root AND h.attnum > 0 AND h.attnum <> g.attnum
  UNION ALL
  -- Columns of the row type hold rows: each loses its value with any column of the table that is dropped.
  SELECT r.root, r.relation, a.attnum, 'column', c.relnamespace, format('%s.%I', c.oid::regclass, holder.attname), 'pg_depend'
    FROM row_type r
    JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid = r.oid
                    AND d.classid = 'pg_class'::regclass AND d.objsubid > 0
    JOIN pg_class c ON c.oid = d.objid AND c.relkind IN ('r', 'p', 'm', 'f', 'c')
    JOIN pg_attribute holder ON holder.attrelid = c.oid AND holder.attnum = d.objsubid
    JOIN pg_attribute a ON a.attrelid = r.relation AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT m.root, m.oid, k.attnum, 'foreign key', c.relnamespace, format('%I on %s', f.conname, c.oid::regclass), 'pg_depend'
    FROM member m
    JOIN pg_constraint f ON f.contype = 'f' AND f.confrelid = m.oid AND f.conrelid <> m.oid AND f.conparentid = 0
    JOIN pg_class c ON c.oid = f.conrelid
    CROSS JOIN unnest(f.confkey) AS k (attnum)
  UNION ALL
  -- A column list or a row filter (15+) adds dependencies on the columns.
  SELECT h.root, h.relation, h.attnum, 'publication', NULL, quote_ident(p.pubname), 'pg_depend'
    FROM hangs h
    JOIN pg_publication_rel r ON h.classid = 'pg_publication_rel'::regclass AND r.oid = h.objid
    JOIN pg_publication p ON p.oid = r.prpubid
  UNION ALL
  SELECT h.root, h.relation, h.attnum, 'trigger', c.relnamespace, format('%I on %s', t.tgname, c.oid::regclass), 'pg_depend'
    FROM hangs h
    JOIN pg_trigger t ON h.classid = 'pg_trigger'::regclass AND t.oid = h.objid AND t.tgrelid = h.relation
    JOIN pg_class c ON c.oid = t.tgrelid
   WHERE h.attnum > 0 AND (h.relation = h.root OR t.tgparentid = 0) AND ${USER_TRIGGER}
  UNION ALL
  SELECT m.root, m.oid, a.attnum, 'trigger', c.relnamespace, format('%I on %s', t.tgname, c.oid::regclass), 'text'
    FROM member m
    JOIN pg_trigger t ON t.tgrelid = m.oid
    JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum > 0 AND NOT a.attisdropped
   WHERE (m.oid = m.root OR t.tgparentid = 0) AND ${USER_TRIGGER} AND ${ARGUMENT_NAMES_COLUMN}
)
SELECT f.root AS table_oid, json_build_object(
    'kind', f.kind, 'name', f.name, 'evidence', f.evidence,
    'columns', coalesce(json_agg(DISTINCT a.attname) FILTER (WHERE a.attname IS NOT NULL), '[]')) AS item,
    ${VIEW_OBSTACLE} AS obstacle,
    CASE WHEN bool_or(f.attnum > 0) THEN pg_get_viewdef(v.oid) END AS definition,
    CASE WHEN v.oid IS NOT NULL THEN array_agg(DISTINCT r.relname::text) END AS relations
  FROM found f
  JOIN pg_class r ON r.oid = f.relation
  LEFT JOIN pg_attribute a ON a.attrelid = f.relation AND a.attnum = f.attnum AND a.attnum > 0
  LEFT JOIN pg_namespace n ON n.oid = f.schema
  LEFT JOIN plain_view p ON f.kind = 'view' AND p.name = f.name
  LEFT JOIN pg_class v ON v.oid = p.oid
 WHERE n.nspname IS DISTINCT FROM 'segue'
 GROUP BY f.root, f.kind, f.name, f.evidence, v.oid
 ORDER BY f.root, f.kind, f.name, f.evidence`;

/** What names the tables or their columns from elsewhere, by kind and name. Segue's own objects are left out. */
export async function readDependents(
  session: Session,
  oids: readonly number[],
): Promise<(oid: number) => readonly Dependent[]> {
  const { rows } = await session.query<ViewOfTable>(SQL, [oids]);
  if (rows.some(({ definition }) => definition !== null)) await loadParser();
  const found = rows.map(({ item, table_oid, ...view }): OfTable<Dependent> => ({
    table_oid,
    item: withObstacle(item, view),
  }));
  return byTable([...found, ...(await readNamingFunctions(session, oids))]);
}
