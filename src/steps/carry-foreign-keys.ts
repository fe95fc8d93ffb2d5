import type { Constraint, Table } from "../model/catalog.ts";
import type { LockMode, TableLock } from "../model/lock.ts";
import { relationKey } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { rewriteConstraint } from "../sql/definition.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { isPartitioned } from "./carry-family.ts";
import type { Carrying } from "./carry-indexes.ts";
import { copyName } from "./carry-names.ts";
import { nameOf } from "./catalog-lookup.ts";
import type { Draft } from "./step-kind.ts";
import { familyLocks, scanningTransaction, shortTransaction, undoTransaction } from "./transaction-draft.ts";

/**
 * Copies the column's foreign keys: NOT VALID, then VALIDATE. Up to 17 that is an error on a partitioned table: there
 * each leaf gets and validates its own, and the parent's adopts them without a scan.
 *
 * The undo of each drops it in a transaction of its own: DROP COLUMN would lock the referenced table together
 * with this one, for as long as everything else of the column takes to go.
 */
export function carryForeignKeys(carrying: Carrying): readonly Draft[] {
  return carrying.family.flatMap((member) =>
    member.constraints
      .filter((c) => c.kind === "foreign key" && !c.inherited && c.columns.includes(carrying.from))
      .flatMap((constraint) => copyForeignKey(carrying, member, constraint)),
  );
}

function copyForeignKey(carrying: Carrying, member: Table, constraint: Constraint): readonly Draft[] {
  const leafByLeaf = isPartitioned(member) && carrying.catalog.major < 18 && member.leaves.length > 0;
  if (!leafByLeaf) return addThenValidate(carrying, member, constraint);
  const leaves = carrying.family.filter((candidate) =>
    member.leaves.some((leaf) => relationKey(leaf) === relationKey(candidate)),
  );
  const adopting = add(carrying, member, constraint, "");
  return [...leaves.flatMap((leaf) => addThenValidate(carrying, leaf, constraint)), adopting];
}

function addThenValidate(carrying: Carrying, member: Table, constraint: Constraint): readonly Draft[] {
  if (!constraint.valid) return [add(carrying, member, constraint, "")];
  const { plan, table, to } = carrying;
  const validate = scanningTransaction({
    title: `validate the copy of foreign key ${relationKey(member)}.${constraint.name} to ${to}`,
    table,
    statements: [
      `ALTER TABLE ${qualified(member)} VALIDATE CONSTRAINT ${ident(copyName(table, constraint.name, plan))}`,
    ],
    locks: [...familyLocks(member, "SHARE UPDATE EXCLUSIVE"), ...referenced(carrying, constraint, "ROW SHARE")],
  });
  return [add(carrying, member, constraint, " NOT VALID"), validate];
}

function add(carrying: Carrying, member: Table, constraint: Constraint, suffix: string): Draft {
  const { from, plan, table, to } = carrying;
  const target = `ALTER TABLE ${qualified(member)}`;
  const name = ident(copyName(table, constraint.name, plan));
  const adopts = isPartitioned(member) && suffix === "" && constraint.valid;
  const undo: UndoStep = undoTransaction({
    title: `drop the copy of foreign key ${relationKey(member)}.${constraint.name}`,
    table,
    statements: [`${target} DROP CONSTRAINT IF EXISTS ${name}`],
    locks: [...familyLocks(member, "ACCESS EXCLUSIVE"), ...referenced(carrying, constraint, "ACCESS EXCLUSIVE")],
  });
  return shortTransaction(
    {
      title: `copy foreign key ${relationKey(member)}.${constraint.name} to ${to}`,
      table,
      statements: [
        `${target} ADD CONSTRAINT ${name} ${rewriteConstraint(constraint.definition, { from, to })}${suffix}`,
      ],
      locks: [
        ...familyLocks(member, "SHARE ROW EXCLUSIVE"),
        // What a leaf's key had of triggers on the referenced table goes when the parent's adopts it.
        ...referenced(
          carrying,
          constraint,
          adopts && member.leaves.length > 0 ? "ACCESS EXCLUSIVE" : "SHARE ROW EXCLUSIVE",
        ),
      ],
    },
    [undo],
  );
}

/** The referenced table; with its partitions, if the plan has read it, for what changes triggers. VALIDATE reads through the parent. */
function referenced({ catalog }: Carrying, { references }: Constraint, mode: LockMode): readonly TableLock[] {
  if (references === null) return [];
  const known = mode === "ROW SHARE" ? undefined : catalog.tables[relationKey(references.table)];
  return known === undefined ? [{ relation: nameOf(references.table), mode }] : familyLocks(known, mode);
}
