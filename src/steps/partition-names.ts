import type { Catalog, Table } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { chooseName, constraintsOf, relationsOf } from "./choose-name.ts";

/**
 * What an index `name` of a partitioned table is called on each of its partitions: what PostgreSQL would choose.
 * By the table's key, with the table itself.
 *
 * @param words the columns and the ending: `["created_at", "idx"]`.
 */
export function partitionNames(
  catalog: Catalog,
  table: Table,
  name: string,
  words: readonly string[],
): ReadonlyMap<string, RelationName> {
  const root = { schema: table.schema, name };
  const names = new Map<string, RelationName>([[relationKey(table), root]]);
  const chosen = new Set([relationKey(root)]);
  for (const { name: on } of table.partitions) {
    const partition = catalog.tables[relationKey(on)];
    const choice = chooseName(
      undefined,
      [on.name, ...words].join("_"),
      relationsOf(catalog, on.schema),
      { what: "index", taken: (candidate) => chosen.has(relationKey({ schema: on.schema, name: candidate })) },
      ...(partition === undefined ? [] : [constraintsOf(catalog, partition)]),
    );
    const index = { schema: on.schema, name: choice };
    names.set(relationKey(on), index);
    chosen.add(relationKey(index));
  }
  return names;
}
