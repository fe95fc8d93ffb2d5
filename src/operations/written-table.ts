import type { Catalog } from "../model/catalog.ts";
import type { RelationName } from "../model/relation.ts";
import { ident, qualified } from "../sql/identifier.ts";

/** A table as a plan writes it. */
export function written({ defaultSchema }: Catalog, table: RelationName): string {
  return table.schema === defaultSchema ? ident(table.name) : qualified(table);
}
