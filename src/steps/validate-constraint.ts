import type { Table } from "../model/catalog.ts";
import type { TableLock } from "../model/lock.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { nameOf } from "./catalog-lookup.ts";
import type { Draft } from "./step-kind.ts";
import { familyLocks, scanningTransaction } from "./transaction-draft.ts";

/**
 * Reads every row against a NOT VALID constraint while readers and writers go on. A partitioned table's leaves
 * go first, each in its own transaction: the parent's turn then finds them proven and reads nothing.
 */
export function validateConstraint(table: Table, name: string): readonly Draft[] {
  return [
    ...table.leaves.map((leaf) => validate(table, leaf, name, [strong(leaf)])),
    validate(table, table, name, familyLocks(table, "SHARE UPDATE EXCLUSIVE")),
  ];
}

/** The same for a foreign key, whose rows are looked up in the referenced table. */
export function validateForeignKey(table: Table, name: string, target: RelationName): readonly Draft[] {
  const lookup: TableLock = { relation: nameOf(target), mode: "ROW SHARE" };
  const leaves = table.leaves.map((leaf) => validate(table, leaf, name, [strong(leaf), lookup]));
  if (leaves.length === 0) return [validate(table, table, name, [strong(table), lookup])];
  // Foreign keys that are valid already are passed over without a lock; only the levels in between are left.
  const between = table.partitions.filter(({ leaf }) => !leaf).map((partition) => partition.name);
  return [...leaves, validate(table, table, name, [table, ...between].map(strong))];
}

function strong(relation: RelationName): TableLock {
  return { relation: nameOf(relation), mode: "SHARE UPDATE EXCLUSIVE" };
}

function validate(table: Table, on: RelationName, name: string, locks: readonly TableLock[]): Draft {
  return scanningTransaction({
    title: `validate constraint ${name} of ${relationKey(on)}`,
    table,
    statements: [`ALTER TABLE ${qualified(on)} VALIDATE CONSTRAINT ${ident(name)}`],
    locks,
  });
}
