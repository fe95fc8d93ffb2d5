import { relationKey, type RelationName } from "../model/relation.ts";
import { deriveName } from "../sql/identifier.ts";

/**
 * What an index, constraint or statistics object of an old column is called from the cut-over to the drop.
 *
 * @param table The table that the plan names, also for what stands on one of its partitions.
 */
export function hiddenConstraintName(table: RelationName, name: string, plan: string): string {
  return deriveName("segue_old_", name, `${plan}:${relationKey(table)}`);
}

/** What the copy of such an object is called until the cut-over gives it the original's name. */
export function copyName(table: RelationName, name: string, plan: string): string {
  return deriveName("segue_new_", name, `${plan}:${relationKey(table)}`);
}
