import type { Catalog, Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import { isTemporal } from "../sql/definition.ts";
import { uncarriable } from "./carry-check.ts";
import { partitionsOf } from "./carry-family.ts";
import { primaryKeysOf } from "./key-constraints.ts";
import type { KeyColumn } from "./key-entries.ts";
import { familyWithoutKey } from "./key-family.ts";
import { foreignKeysTo } from "./key-foreign-keys.ts";

/**
 * Everything that hangs on a column and that a duplicate can't take over, where the column may be one of a key that is
 * replaced: what the replacement itself takes care of is no obstacle.
 *
 * @param columns What the plan replaces together; none for a column of no key.
 * @param views Whether views follow to the duplicate.
 */
export function uncarriableOfKey(
  catalog: Catalog,
  table: Table,
  column: string,
  columns: readonly KeyColumn[],
  ignore: readonly string[] = [],
  views: "follow" | "stay" = "stay",
): string[] {
  const [seen = table, ...partitions] = familyWithoutKey(catalog, table, column, columns);
  const found = uncarriable(seen, column, ignore, partitions, views);
  const replaced = columns.some((one) => one.column === column && relationKey(one.table) === relationKey(table));
  if (!replaced) return found;
  const keys = primaryKeysOf([table, ...partitionsOf(catalog, table)], [column])
    .filter(({ constraint }) => isTemporal(constraint.definition))
    .map(({ constraint, member }) => `primary key ${constraint.name} on ${relationKey(member)} is WITHOUT OVERLAPS`);
  const references = foreignKeysTo(catalog, [{ table, column }])
    .filter(({ constraint }) => isTemporal(constraint.definition))
    .map(({ constraint, member }) => `foreign key ${constraint.name} on ${relationKey(member)} is over a period`);
  return [...found, ...keys, ...references];
}
