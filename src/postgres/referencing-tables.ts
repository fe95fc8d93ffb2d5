import type { RelationName } from "../model/relation.ts";
import type { Session } from "./session.ts";

/** Columns whose foreign keys, and those of what references them in turn, are looked for; null: any column. */
export interface Referenced {
  readonly table: RelationName;
  readonly column: string | null;
}

// A foreign key may stand on a partition or reference one; the answer names the tables that plans name.
const SQL = `
WITH RECURSIVE wanted AS (
  SELECT c.oid AS rel, w.column_name::name COLLATE "C" AS att
    FROM unnest($1::text[], $2::text[], $3::text[]) AS w (schema_name, table_name, column_name)
    JOIN pg_namespace n ON n.nspname = w.schema_name
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.table_name
), keys AS (
  SELECT coalesce(pg_partition_root(f.conrelid), f.conrelid) AS own, a.attname AS own_att,
         coalesce(pg_partition_root(f.confrelid), f.confrelid) AS target, b.attname AS target_att
    FROM pg_constraint f
    CROSS JOIN unnest(f.conkey, f.confkey) AS k (own, target)
    JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.own
    JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.target
   WHERE f.contype = 'f'
), reach (rel, att) AS (
  SELECT coalesce(pg_partition_root(rel), rel), att FROM wanted
  UNION
  SELECT k.own, k.own_att FROM reach r JOIN keys k ON k.target = r.rel AND (r.att IS NULL OR r.att = k.target_att)
)
SELECT DISTINCT n.nspname AS schema, c.relname AS name
  FROM reach r JOIN pg_class c ON c.oid = r.rel JOIN pg_namespace n ON n.oid = c.relnamespace
 ORDER BY 1, 2`;

/** The tables with foreign keys to these columns, to the columns of those foreign keys, and so on. */
export async function readReferencingTables(
  session: Session,
  referenced: readonly Referenced[],
): Promise<readonly RelationName[]> {
  if (referenced.length === 0) return [];
  const { rows } = await session.query<RelationName & Record<string, unknown>>(SQL, [
    referenced.map(({ table }) => table.schema),
    referenced.map(({ table }) => table.name),
    referenced.map(({ column }) => column),
  ]);
  return rows.map(({ schema, name }) => ({ schema, name }));
}
