import type { TableNeed } from "../model/catalog.ts";
import type { RelationName } from "../model/relation.ts";
import { readTableNeeds } from "./catalog-table-needs.ts";
import { consistentRead } from "./consistent-read.ts";
import type { Session } from "./session.ts";

const OID = `
SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`;

/** What needs a table or view as a whole, as in its catalog entry; none if there is no such relation. */
export async function findTableNeeds(session: Session, relation: RelationName): Promise<readonly TableNeed[]> {
  return consistentRead(session, async () => {
    const { rows } = await session.query<{ oid: number }>(OID, [relation.schema, relation.name]);
    const oid = rows[0]?.oid;
    return oid === undefined ? [] : (await readTableNeeds(session, [oid]))(oid);
  });
}
