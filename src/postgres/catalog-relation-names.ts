import { relationKey, type RelationName } from "../model/relation.ts";
import type { Session } from "./session.ts";

// pg_class holds tables, indexes, sequences, views and composite types: one name space a schema.
const SQL = `
SELECT n.nspname AS schema, c.relname AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = ANY ($1::text[])
 ORDER BY n.nspname, c.relname`;

/** Every relation name taken in the schemas, as relation keys. */
export async function readRelationNames(session: Session, schemas: readonly string[]): Promise<string[]> {
  const { rows } = await session.query<RelationName>(SQL, [schemas]);
  return rows.map(relationKey);
}
