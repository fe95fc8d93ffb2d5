/** A row of a set-based catalog query: one object as JSON, and the table that it belongs to. */
export interface OfTable<T> {
  readonly table_oid: number;
  readonly item: T;
}

/** Files the objects under their tables, in the order in which they came. */
export function byTable<T>(rows: readonly OfTable<T>[]): (oid: number) => readonly T[] {
  const filed = new Map<number, T[]>();
  for (const { table_oid, item } of rows) {
    const items = filed.get(table_oid);
    if (items === undefined) filed.set(table_oid, [item]);
    else items.push(item);
  }
  return (oid) => filed.get(oid) ?? [];
}
