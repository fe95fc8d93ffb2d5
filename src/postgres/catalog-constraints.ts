import type { Constraint } from "../model/catalog.ts";
import { byTable, type OfTable } from "./by-table.ts";
import type { Session } from "./session.ts";

/** An action of a foreign key in words, from its letter. */
export const foreignKeyAction = (column: string): string => `CASE ${column}
    WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' WHEN 'd' THEN 'set default'
    ELSE 'no action' END`;

const NAMES = (relation: string, key: string) => `(
      SELECT coalesce(json_agg(a.attname ORDER BY k.place), '[]')
        FROM unnest(${key}) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = k.attnum)`;

/**
 * A foreign key to a partitioned table has one more row a partition, under the same table; they come and go with
 * their parent and are left out. An exclusion constraint also reads what its index's expressions and predicate read.
 */
const SQL = `
SELECT c.conrelid AS table_oid, json_build_object(
    'name', c.conname,
    'kind', CASE c.contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key' WHEN 'p' THEN 'primary key'
                           WHEN 'u' THEN 'unique' WHEN 'x' THEN 'exclusion' WHEN 'n' THEN 'not null'
                           ELSE 'trigger' END,
    'definition', pg_get_constraintdef(c.oid),
    'expression', CASE WHEN c.contype = 'c' THEN pg_get_expr(c.conbin, c.conrelid) END,
    'columns', CASE WHEN c.contype = 'x' THEN (
        SELECT coalesce(json_agg(read.attname ORDER BY read.place, read.attnum), '[]')
          FROM (SELECT a.attname, a.attnum, min(coalesce(array_position(c.conkey, a.attnum), 32767)) AS place
                  FROM pg_attribute a
                 WHERE a.attrelid = c.conrelid AND a.attnum > 0
                   AND (a.attnum = ANY (c.conkey) OR EXISTS (
                     SELECT FROM pg_depend d
                      WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = c.conrelid AND d.refobjsubid = a.attnum
                        AND ((d.classid = 'pg_class'::regclass AND d.objid = c.conindid)
                          OR (d.classid = 'pg_constraint'::regclass AND d.objid = c.oid))))
                 GROUP BY a.attname, a.attnum) read)
      ELSE ${NAMES("c.conrelid", "c.conkey")} END,
    'references', CASE WHEN c.contype = 'f' THEN json_build_object(
        'table', json_build_object('schema', fn.nspname, 'name', f.relname),
        'columns', ${NAMES("c.confrelid", "c.confkey")},
        'onDelete', ${foreignKeyAction("c.confdeltype")},
        'onUpdate', ${foreignKeyAction("c.confupdtype")},
        'match', CASE c.confmatchtype WHEN 'f' THEN 'full' ELSE 'simple' END) END,
    'deferrable', c.condeferrable,
    'initiallyDeferred', c.condeferred,
    'valid', c.convalidated,
    'index', CASE WHEN c.contype IN ('p', 'u', 'x') THEN i.relname END,
    'comment', obj_description(c.oid, 'pg_constraint'),
    'inherited', c.coninhcount > 0 OR c.conparentid <> 0,
    'noInherit', c.connoinherit,
    'neededBy', (
      SELECT jsonb_agg(DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid))
        FROM pg_depend d
       WHERE d.deptype = 'n'
         AND ((d.refclassid = 'pg_constraint'::regclass AND d.refobjid = c.oid)
           OR (d.refclassid = 'pg_class'::regclass AND d.refobjid = c.conindid AND c.contype IN ('p', 'u', 'x')))
         AND NOT EXISTS (SELECT FROM pg_constraint f
                          WHERE d.classid = 'pg_constraint'::regclass AND f.oid = d.objid AND f.conparentid <> 0))
  ) AS item
  FROM pg_constraint c
  LEFT JOIN pg_class f ON f.oid = c.confrelid
  LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
  LEFT JOIN pg_class i ON i.oid = c.conindid
 WHERE c.conrelid = ANY ($1::oid[])
   AND NOT EXISTS (SELECT FROM pg_constraint p WHERE p.oid = c.conparentid AND p.conrelid = c.conrelid)
 ORDER BY c.conrelid, c.conname, c.oid`;

/** The constraints of the tables, by name. */
export async function readConstraints(
  session: Session,
  oids: readonly number[],
): Promise<(oid: number) => readonly Constraint[]> {
  const { rows } = await session.query<OfTable<Constraint & { readonly neededBy: readonly string[] | null }>>(SQL, [
    oids,
  ]);
  return byTable(
    rows.map(({ item: { neededBy, ...item }, ...row }) => ({
      ...row,
      item: neededBy === null ? item : { ...item, neededBy },
    })),
  );
}
