import type { Catalog, Index, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { nameOf } from "./catalog-lookup.ts";

/** A partitioned index and, level by level, what is attached to it. */
export function partsOf(table: Table, index: Index, catalog: Catalog): readonly Index[] {
  const all = table.partitions.flatMap(({ name }) => catalog.tables[relationKey(name)]?.indexes ?? []);
  const below = (parent: Index): readonly Index[] => {
    const children = all.filter((child) => child.parent !== null && relationKey(child.parent) === relationKey(parent));
    return [parent, ...children.flatMap(below)];
  };
  return below(index);
}

/**
 * The names of those parts, by the key of the table that each is on.
 *
 * @throws SegueError SEG0101 if a partition has none: the whole could not be built again as it was.
 */
export function partNames(table: Table, index: Index, catalog: Catalog): ReadonlyMap<string, RelationName> {
  const names = new Map<string, RelationName>([[relationKey(table), nameOf(index)]]);
  const parts = new Set(partsOf(table, index, catalog));
  for (const { name } of table.partitions) {
    const own = catalog.tables[relationKey(name)]?.indexes.find((candidate) => parts.has(candidate));
    if (own === undefined) {
      throw new SegueError("SEG0101", {
        message: `partition ${relationKey(name)} has no part of index ${relationKey(index)}: its drop could not be taken back`,
        object: relationKey(name),
      });
    }
    names.set(relationKey(name), nameOf(own));
  }
  return names;
}
