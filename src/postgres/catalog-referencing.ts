import type { Referencing } from "../model/catalog.ts";
import { type OfTable, byTable } from "./by-table.ts";
import { foreignKeyAction } from "./catalog-constraints.ts";
import type { Session } from "./session.ts";

const SQL = `
WITH RECURSIVE member (root, oid) AS (
  SELECT w, w FROM unnest($1::oid[]) AS w
  UNION
  SELECT m.root, h.inhrelid FROM member m JOIN pg_inherits h ON h.inhparent = m.oid
)
SELECT m.root AS table_oid, json_build_object(
    'name', format('%I on %s', f.conname, f.conrelid::regclass),
    'columns', (
      SELECT json_agg(a.attname ORDER BY k.position)
        FROM unnest(f.confkey) WITH ORDINALITY AS k (attnum, position)
        JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.attnum),
    'onDelete', ${foreignKeyAction("f.confdeltype")},
    'onUpdate', ${foreignKeyAction("f.confupdtype")}) AS item
  FROM member m
  -- Of a partitioned table the constraint itself, not its copies on partitions.
  JOIN pg_constraint f ON f.contype = 'f' AND f.confrelid = m.oid AND f.conparentid = 0
 ORDER BY m.root, f.conrelid::regclass::text, f.conname`;

/** The foreign keys that point at the tables or their partitions, of other tables and their own. */
export async function readReferencing(
  session: Session,
  oids: readonly number[],
): Promise<(oid: number) => readonly Referencing[]> {
  const { rows } = await session.query<OfTable<Referencing>>(SQL, [oids]);
  return byTable(rows);
}
