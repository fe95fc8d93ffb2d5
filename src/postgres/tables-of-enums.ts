import type { RelationName } from "../model/relation.ts";
import type { Session } from "./session.ts";

const SQL = `
SELECT DISTINCT tn.nspname AS schema, c.relname AS name
  FROM unnest($1::text[], $2::text[]) AS w (schema_name, type_name)
  JOIN pg_namespace n ON n.nspname = w.schema_name
  JOIN pg_type t ON t.typnamespace = n.oid AND t.typname = w.type_name AND t.typtype = 'e'
  JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped
  JOIN pg_class c ON c.oid = coalesce(pg_partition_root(a.attrelid), a.attrelid)
   AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  JOIN pg_namespace tn ON tn.oid = c.relnamespace
 ORDER BY 1, 2`;

/** The tables that plans name, with columns of these enums or of arrays of them. */
export async function readTablesOfEnums(
  session: Session,
  enums: readonly RelationName[],
): Promise<readonly RelationName[]> {
  if (enums.length === 0) return [];
  const { rows } = await session.query<RelationName & Record<string, unknown>>(SQL, [
    enums.map(({ schema }) => schema),
    enums.map(({ name }) => name),
  ]);
  return rows.map(({ schema, name }) => ({ schema, name }));
}
