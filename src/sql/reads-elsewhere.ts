import type { ColumnRef, Node, RangeVar } from "libpg-query";

/** A column of a table that a FROM clause names; null for all of them. The schema as it is written. */
export interface Elsewhere {
  readonly schema: string | null;
  readonly table: string;
  readonly column: string | null;
}

/**
 * What the sub-selects of an expression may read: each column that is named, of each table that is. Which of them has it
 * only the catalog knows, and naming one too many costs nothing but patience.
 */
export function readsElsewhere(target: Node): readonly Elsewhere[] {
  const tables: Omit<Elsewhere, "column">[] = [];
  const columns = new Set<string | null>();
  visit(target);
  return tables.flatMap((table) => [...columns].map((column) => ({ ...table, column })));

  function visit(value: unknown): void {
    if (typeof value !== "object" || value === null) return;
    for (const [tag, child] of Object.entries(value)) {
      if (tag === "RangeVar") {
        const { relname = "", schemaname } = child as RangeVar;
        tables.push({ schema: schemaname ?? null, table: relname });
      } else if (tag === "ColumnRef") {
        const last = (child as ColumnRef).fields?.at(-1);
        columns.add(last !== undefined && "String" in last ? (last.String.sval ?? "") : null);
      }
      visit(child);
    }
  }
}
