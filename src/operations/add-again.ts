import type { Catalog, Column } from "../model/catalog.ts";
import type { Spec } from "../model/plan.ts";
import type { InversePart } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";

/** The entry that adds a column again as it was, empty. */
export function addAgain(table: string, old: Column): Spec {
  const collation = old.collation === null ? {} : { collation: old.collation };
  return { kind: "add_column", fields: { table, column: old.name, type: old.type, ...collation } };
}

/** A column as it was before the plan; null if the catalog of the time has none. */
export function columnBefore(catalog: Catalog, table: string, column: string): Column | null {
  const found = catalog.tables[relationKey(parseTableName(table, catalog.defaultSchema))];
  return found?.columns.find((candidate) => candidate.name === column) ?? null;
}

/** The inverse of an operation on a column that the catalog of the time does not have. */
export function unknownColumn(table: string, column: string): InversePart {
  return { impossible: `${table}.${column} is not in the catalog of the time` };
}
