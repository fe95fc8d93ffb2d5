import type { Fact } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import type { Session } from "./session.ts";
import { SQLSTATE } from "./sqlstate.ts";

const VALUES = `
SELECT t.typtype = 'e' AS enum,
       (SELECT coalesce(json_agg(e.enumlabel ORDER BY e.enumsortorder), '[]') FROM pg_enum e WHERE e.enumtypid = t.oid) AS values
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE n.nspname = $1 AND t.typname = $2`;

/** The values of an enum, in their order; an error if there is none of that name. */
export async function enumFact(session: Session, type: RelationName): Promise<Fact> {
  const { rows } = await session.query<{ enum: boolean; values: readonly string[] }>(VALUES, [type.schema, type.name]);
  const [found] = rows;
  if (found === undefined)
    return { error: `type ${relationKey(type)} does not exist`, sqlstate: SQLSTATE.undefinedObject };
  if (!found.enum) return { error: `type ${relationKey(type)} is not an enum`, sqlstate: SQLSTATE.undefinedObject };
  return { values: found.values };
}

/** Creates the enum inside the caller's savepoint. */
export async function createEnumFact(session: Session, type: RelationName, values: readonly string[]): Promise<Fact> {
  await session.query(`CREATE TYPE ${qualified(type)} AS ENUM (${values.map(literal).join(", ")})`);
  return { values };
}
