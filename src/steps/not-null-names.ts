import type { Catalog, Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import { partitionsOf } from "./carry-family.ts";
import { canRenameNotNull, notNullCopyName, notNullOrigins } from "./carry-not-null.ts";
import { restoreNotNull } from "./restore-not-null.ts";
import type { Draft } from "./step-kind.ts";

/**
 * Gives the NOT NULL constraints of a duplicate the names of the old column's, where the cut-over could not: a partition's
 * constraint can't be renamed, so where partitions have names of their own, the constraints are made anew once
 * those of the dropped column have freed the names. Costs a scan that stops nobody, for the proof.
 *
 * @param final What the duplicate is called by then.
 */
export function notNullNames(catalog: Catalog, table: Table, column: string, final: string, plan: string): Draft[] {
  if (catalog.major < 18) return [];
  const family = [table, ...partitionsOf(catalog, table)];
  // A column of the replica identity can't be without NOT NULL even for a moment: the names that it has must do.
  if (family.some(({ indexes }) => indexes.some((i) => i.replicaIdentity && i.columns.includes(column)))) return [];
  return notNullOrigins(family, column)
    .filter((origin) => !canRenameNotNull(family, origin, column))
    .flatMap((origin) => {
      const below = new Set(origin.partitions.map((partition) => relationKey(partition.name)));
      const partitions = family.filter((member) => below.has(relationKey(member)));
      const replacing = notNullCopyName({ family, from: column, plan, table }, origin);
      return restoreNotNull(origin, column, partitions, { called: final, replacing }).map((step): Draft => {
        const { id: _, restoresNotNull: __, ...draft } = step;
        return { ...draft, undo: [], irreversible: "the soak has ended" };
      });
    });
}
