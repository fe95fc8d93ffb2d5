import type { Index } from "../model/catalog.ts";
import { byTable, type OfTable } from "./by-table.ts";
import type { Session } from "./session.ts";

// pg_depend has what expressions and predicates read; for the index of a constraint it has no keys, indkey has.
const SQL = `
SELECT x.indrelid AS table_oid, json_build_object(
    'schema', n.nspname,
    'name', i.relname,
    'definition', pg_get_indexdef(x.indexrelid),
    'columns', (
      SELECT coalesce(json_agg(a.attname ORDER BY array_position(x.indkey::int2[], a.attnum), a.attnum), '[]')
        FROM pg_attribute a
       WHERE a.attrelid = x.indrelid AND a.attnum > 0
         AND (a.attnum = ANY (x.indkey::int2[]) OR EXISTS (
           SELECT FROM pg_depend d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = x.indexrelid
              AND d.refclassid = 'pg_class'::regclass AND d.refobjid = x.indrelid AND d.refobjsubid = a.attnum))),
    'unique', x.indisunique,
    'primary', x.indisprimary,
    'exclusion', x.indisexclusion,
    'valid', x.indisvalid AND x.indisready AND x.indislive,
    'constraint', (
      SELECT c.conname FROM pg_constraint c
       WHERE c.conrelid = x.indrelid AND c.conindid = x.indexrelid AND c.contype IN ('p', 'u', 'x')),
    'parent', (
      SELECT json_build_object('schema', pn.nspname, 'name', p.relname)
        FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
       WHERE h.inhrelid = x.indexrelid),
    'replicaIdentity', x.indisreplident,
    'clustered', x.indisclustered,
    'tablespace', ts.spcname,
    'statisticsTargets', (
      SELECT coalesce(json_agg(json_build_object('key', a.attnum, 'target', a.attstattarget) ORDER BY a.attnum), '[]')
        FROM pg_attribute a
       WHERE a.attrelid = x.indexrelid AND nullif(a.attstattarget, -1) IS NOT NULL),
    'comment', obj_description(x.indexrelid, 'pg_class'),
    'bytes', coalesce(pg_relation_size(x.indexrelid), 0)
  ) AS item
  FROM pg_index x
  JOIN pg_class i ON i.oid = x.indexrelid
  JOIN pg_namespace n ON n.oid = i.relnamespace
  LEFT JOIN pg_tablespace ts ON ts.oid = i.reltablespace
 WHERE x.indrelid = ANY ($1::oid[])
 ORDER BY x.indrelid, i.relname`;

/** The indexes of the tables, by name. */
export async function readIndexes(
  session: Session,
  oids: readonly number[],
): Promise<(oid: number) => readonly Index[]> {
  const { rows } = await session.query<OfTable<Index>>(SQL, [oids]);
  return byTable(rows);
}
