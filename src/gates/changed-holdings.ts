import type { Catalog } from "../model/catalog.ts";
import { columnHoldings } from "../model/column-holdings.ts";
import type { Program } from "../model/program.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { readCatalog } from "../postgres/read-catalog.ts";
import type { Session } from "../postgres/session.ts";

/**
 * What came to a column that the cut-over hides, or went from it, since the plan was compiled: the column that takes its
 * place does not have it, and the drop would take it along in silence.
 */
export async function changedHoldings(session: Session, { holdings, schema }: Program): Promise<readonly string[]> {
  if (holdings.length === 0) return [];
  const catalog = await familyCatalog(
    session,
    holdings.map(({ table }) => table),
    schema,
  );
  return holdings.flatMap(({ column, planned, standing, table }) => {
    const now = columnHoldings(catalog, table, column);
    const place = `${relationKey(table)}.${column}`;
    const came = now.filter(
      ({ inherited, what }) => !inherited && !standing.some((one) => one.what === what) && !planned.includes(what),
    );
    const members = [table, ...(catalog.tables[relationKey(table)]?.partitions ?? []).map(({ name }) => name)].map(
      relationKey,
    );
    // The expand itself lifts NOT NULL where a new writer may have no value; an old partition may go on any day.
    const went = standing.filter(
      ({ on, what }) => what !== "NOT NULL" && members.includes(on) && !now.some((holding) => holding.what === what),
    );
    return [
      ...came.map(({ what }) => `${what} came to ${place} after the plan was compiled, and would be lost`),
      ...went.map(({ what }) => `${what} is gone from ${place} since the plan was compiled`),
    ];
  });
}

async function familyCatalog(session: Session, tables: readonly RelationName[], schema: string): Promise<Catalog> {
  const scope = { schemas: [], defaultSchema: schema, questions: [] };
  const catalog = await readCatalog(session, { ...scope, tables });
  const partitions = Object.values(catalog.tables).flatMap((table) => table.partitions.map(({ name }) => name));
  return partitions.length === 0
    ? catalog
    : await readCatalog(session, { ...scope, tables: [...tables, ...partitions] });
}
