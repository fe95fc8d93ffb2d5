import type { Dependent } from "../model/catalog.ts";
import type { OfTable } from "./by-table.ts";
import { readNamingBodies } from "./naming-bodies.ts";
import type { Session } from "./session.ts";

/**
 * Functions whose body names a table and one of its columns, or that a trigger of the table calls, or that take or
 * return its rows, and whose body names a column. The server does not track what such a body reads, so this goes by the text.
 */
export async function readNamingFunctions(
  session: Session,
  oids: readonly number[],
): Promise<readonly OfTable<Dependent>[]> {
  const bodies = await readNamingBodies(session, oids);
  return bodies.flatMap(({ table_oid, name, words, table, columns, attached }) => {
    const named = columns.filter((column) => words.has(column));
    if (named.length === 0 || !(attached || words.has(table))) return [];
    return [{ table_oid, item: { kind: "function", name, columns: named, evidence: "text" } as const }];
  });
}
