import type { Catalog, Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import { qualified } from "../sql/identifier.ts";
import { isPartitioned, partitionsOf } from "./carry-family.ts";
import { partitionGuard } from "./partition-guard.ts";

/** Tables in the order in which a change of a key locks them: what references first, as the server itself does it, the key last. */
export function lockOrder(key: Table, referencing: readonly Table[]): readonly Table[] {
  const byName = new Map(referencing.toReversed().map((table) => [relationKey(table), table]));
  byName.delete(relationKey(key));
  return [...byName.values(), key];
}

/**
 * One statement that locks them all before anything else is done: a lock that is not to be had within the short
 * lock_timeout is given up together with the others. After it nobody can attach a partition, and none is there that the
 * plan does not know.
 */
export function lockInOrder(catalog: Catalog, tables: readonly Table[]): readonly string[] {
  return [
    `LOCK TABLE ${tables.map(qualified).join(", ")} IN ACCESS EXCLUSIVE MODE`,
    ...tables.flatMap((table) =>
      [table, ...partitionsOf(catalog, table)].filter(isPartitioned).map((parent) => partitionGuard(table, parent)),
    ),
  ];
}
