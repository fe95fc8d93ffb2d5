import type { Dependent } from "../model/catalog.ts";
import type { RelationName } from "../model/relation.ts";
import { readDependents } from "./catalog-dependents.ts";
import { consistentRead } from "./consistent-read.ts";
import type { Session } from "./session.ts";

const OID = `
SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`;

/** What names the table or its columns from elsewhere, as in its catalog entry; none if there is no such table. */
export async function findDependents(session: Session, table: RelationName): Promise<readonly Dependent[]> {
  return consistentRead(session, async () => {
    const { rows } = await session.query<{ oid: number }>(OID, [table.schema, table.name]);
    const oid = rows[0]?.oid;
    return oid === undefined ? [] : (await readDependents(session, [oid]))(oid);
  });
}
