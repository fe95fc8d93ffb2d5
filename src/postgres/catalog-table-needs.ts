import type { TableNeed } from "../model/catalog.ts";
import { byTable, type OfTable } from "./by-table.ts";
import { USER_TRIGGER } from "./catalog-triggers.ts";
import { readNamingBodies } from "./naming-bodies.ts";
import type { Session } from "./session.ts";

/**
 * `goes` is what the server drops together with a table: what hangs on it automatically or inside of it, at any
 * distance. What hangs on that without being part of it makes a plain DROP TABLE fail. Two kinds of things elsewhere
 * would go without a word: membership in a publication, and another table's constraint trigger `FROM` this one.
 */
const SQL = `
WITH RECURSIVE goes (root, classid, objid) AS (
  SELECT w, 'pg_class'::regclass::oid, w FROM unnest($1::oid[]) AS w
  UNION
  SELECT g.root, d.classid, d.objid
    FROM goes g
    JOIN pg_depend d ON d.refclassid = g.classid AND d.refobjid = g.objid AND d.deptype IN ('a', 'i', 'P', 'S')
), stays AS (
  SELECT DISTINCT g.root, d.classid, d.objid, d.objsubid
    FROM goes g
    JOIN pg_depend d ON d.refclassid = g.classid AND d.refobjid = g.objid AND d.deptype = 'n'
   WHERE NOT EXISTS (SELECT FROM goes o WHERE o.root = g.root AND o.classid = d.classid AND o.objid = d.objid)
), found (root, kind, name, relation) AS (
  SELECT s.root,
         CASE WHEN r.rulename = '_RETURN' THEN CASE v.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END
              WHEN f.contype = 'f' THEN 'foreign key' ELSE i.type END,
         CASE WHEN r.rulename = '_RETURN' THEN v.oid::regclass::text
              WHEN s.classid = 'pg_proc'::regclass THEN s.objid::regprocedure::text ELSE i.identity END,
         coalesce(v.oid, f.conrelid, p.polrelid, t.tgrelid, e.adrelid,
                  CASE WHEN s.classid = 'pg_class'::regclass THEN s.objid END)
    FROM stays s
    CROSS JOIN LATERAL pg_identify_object(s.classid, s.objid, s.objsubid) i
    LEFT JOIN pg_rewrite r ON s.classid = 'pg_rewrite'::regclass AND r.oid = s.objid
    LEFT JOIN pg_class v ON v.oid = r.ev_class
    LEFT JOIN pg_constraint f ON s.classid = 'pg_constraint'::regclass AND f.oid = s.objid
    LEFT JOIN pg_policy p ON s.classid = 'pg_policy'::regclass AND p.oid = s.objid
    LEFT JOIN pg_trigger t ON s.classid = 'pg_trigger'::regclass AND t.oid = s.objid
    LEFT JOIN pg_attrdef e ON s.classid = 'pg_attrdef'::regclass AND e.oid = s.objid
   WHERE coalesce(f.conparentid, 0) = 0
  UNION
  SELECT g.root, 'trigger', format('%I on %s', t.tgname, t.tgrelid::regclass), t.tgrelid
    FROM goes g
    JOIN pg_trigger t ON g.classid = 'pg_trigger'::regclass AND t.oid = g.objid AND ${USER_TRIGGER}
   WHERE NOT EXISTS (SELECT FROM goes o
                      WHERE o.root = g.root AND o.classid = 'pg_class'::regclass AND o.objid = t.tgrelid)
  UNION
  SELECT g.root, 'publication', quote_ident(p.pubname), NULL
    FROM goes g
    JOIN pg_publication_rel r ON g.classid = 'pg_publication_rel'::regclass AND r.oid = g.objid
    JOIN pg_publication p ON p.oid = r.prpubid
  UNION
  SELECT g.root, 'extension', quote_ident(x.extname), NULL
    FROM goes g
    JOIN pg_depend d ON d.classid = g.classid AND d.objid = g.objid AND d.deptype = 'e'
    JOIN pg_extension x ON x.oid = d.refobjid
)
SELECT f.root AS table_oid, json_build_object(
    'kind', f.kind, 'name', f.name, 'evidence', 'pg_depend', 'names', '[]'::json,
    'on', CASE WHEN c.oid IS NOT NULL THEN json_build_object('schema', n.nspname, 'name', c.relname) END) AS item
  FROM found f
  LEFT JOIN pg_class c ON c.oid = f.relation
  LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
 ORDER BY f.root, f.kind, f.name`;

/** What needs each table as a whole. */
export async function readTableNeeds(
  session: Session,
  oids: readonly number[],
): Promise<(oid: number) => readonly TableNeed[]> {
  const { rows } = await session.query<OfTable<TableNeed>>(SQL, [oids]);
  const bodies = await readNamingBodies(session, oids);
  const functions = bodies.flatMap(({ table_oid, name, words, table, partitions }): OfTable<TableNeed>[] => {
    const names = [table, ...partitions].filter((one) => words.has(one));
    if (names.length === 0) return [];
    return [{ table_oid, item: { kind: "function", name, on: null, evidence: "text", names } }];
  });
  return byTable([...rows, ...functions]);
}
