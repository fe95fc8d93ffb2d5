import type { Table } from "../model/catalog.ts";
import type { TableLock } from "../model/lock.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { nameOf } from "./catalog-lookup.ts";
import { dropConstraintUndo } from "./drop-constraint-undo.ts";
import { partitionGuard } from "./partition-guard.ts";
import type { Draft } from "./step-kind.ts";
import { familyLocks, shortTransaction } from "./transaction-draft.ts";
import { validateForeignKey } from "./validate-constraint.ts";

/** A foreign key as its statements need it. */
export interface ForeignKeyBody {
  readonly name: string;
  /** `FOREIGN KEY (…) REFERENCES …`, with every clause. */
  readonly definition: string;
  /** The referenced table, and its partitions as far as they are known. */
  readonly target: readonly [RelationName, ...RelationName[]];
}

/** The first major that takes NOT VALID for a foreign key of a partitioned table. */
const NOT_VALID_ON_PARTITIONED = 18;

/** NOT VALID, then VALIDATE in a later transaction; each draft knows its undo. */
export function buildForeignKey(table: Table, key: ForeignKeyBody, major: number): readonly Draft[] {
  const adopt = table.kind === "partitioned" && major < NOT_VALID_ON_PARTITIONED;
  return adopt ? byLeaf(table, key) : notValidThenValidate(table, key);
}

function notValidThenValidate(table: Table, key: ForeignKeyBody): readonly Draft[] {
  const { definition, name, target } = key;
  const add = shortTransaction(
    {
      title: `add foreign key ${name} of ${relationKey(table)} to ${relationKey(target[0])}`,
      table,
      statements: [`ALTER TABLE ${qualified(table)} ADD CONSTRAINT ${ident(name)} ${definition} NOT VALID`],
      locks: bothLocks(familyLocks(table, "SHARE ROW EXCLUSIVE"), target, "SHARE ROW EXCLUSIVE"),
    },
    [dropUndo(table, table, name, familyLocks(table, "ACCESS EXCLUSIVE"), target)],
  );
  return [add, ...validateForeignKey(table, name, target[0])];
}

/**
 * Up to 17 a partitioned table takes no NOT VALID foreign key. So each leaf gets its own, and is validated; the
 * parent's, added last, adopts them and reads nothing.
 */
function byLeaf(table: Table, key: ForeignKeyBody): readonly Draft[] {
  const { definition, name, target } = key;
  const leaves = table.leaves.flatMap((leaf): readonly Draft[] => {
    const one = { ...table, ...nameOf(leaf), leaves: [], partitions: [] };
    const [add, ...validation] = notValidThenValidate(one, key);
    return add === undefined
      ? []
      : [{ ...add, table: nameOf(table) }, ...validation.map((v) => ({ ...v, table: nameOf(table) }))];
  });
  const parents = [nameOf(table), ...table.partitions.filter(({ leaf }) => !leaf).map((partition) => partition.name)];
  const adopt = shortTransaction(
    {
      title: `add foreign key ${name} of ${relationKey(table)} to ${relationKey(target[0])}, adopting its partitions'`,
      table,
      statements: [
        // Holds off ATTACH PARTITION: a partition that nobody validated would be scanned under this lock.
        `LOCK TABLE ONLY ${qualified(table)} IN SHARE ROW EXCLUSIVE MODE`,
        ...parents.map((parent) => partitionGuard(table, parent)),
        `ALTER TABLE ${qualified(table)} ADD CONSTRAINT ${ident(name)} ${definition}`,
      ],
      locks: adoptionLocks(table, target),
    },
    [dropUndo(table, table, name, familyLocks(table, "ACCESS EXCLUSIVE"), target)],
  );
  return [...leaves, adopt];
}

/**
 * An adopted foreign key loses its own triggers on the referenced table: ACCESS EXCLUSIVE there. If that one is partitioned, what
 * goes are the foreign keys of the leaves to its partitions: ACCESS EXCLUSIVE on both of these.
 */
function adoptionLocks(table: Table, target: ForeignKeyBody["target"]): readonly TableLock[] {
  const [root, ...partitions] = target;
  if (partitions.length === 0) return bothLocks(familyLocks(table, "SHARE ROW EXCLUSIVE"), target, "ACCESS EXCLUSIVE");
  const leaves = new Set(table.leaves.map(relationKey));
  const own = familyLocks(table, "SHARE ROW EXCLUSIVE").map((lock): TableLock =>
    leaves.has(relationKey(lock.relation)) ? { ...lock, mode: "ACCESS EXCLUSIVE" } : lock,
  );
  return bothLocks([...own, { relation: nameOf(root), mode: "SHARE ROW EXCLUSIVE" }], target, "ACCESS EXCLUSIVE");
}

/** Dropping a foreign key takes its triggers off the referenced table too: ACCESS EXCLUSIVE on both. */
function dropUndo(
  table: Table,
  on: RelationName,
  name: string,
  locks: readonly TableLock[],
  target: ForeignKeyBody["target"],
) {
  return dropConstraintUndo(table, on, name, bothLocks(locks, target, "ACCESS EXCLUSIVE"));
}

/** The server locks the referencing table first, then the referenced one, in every statement about a foreign key. */
export function bothLocks(
  own: readonly TableLock[],
  target: ForeignKeyBody["target"],
  mode: TableLock["mode"],
): readonly TableLock[] {
  const seen = new Set(own.map((lock) => relationKey(lock.relation)));
  const others = target.filter((relation) => !seen.has(relationKey(relation)));
  return [...own, ...others.map((relation) => ({ relation: nameOf(relation), mode }))];
}
