import type { Constraint, Table } from "../model/catalog.ts";
import type { TableLock } from "../model/lock.ts";
import { relationKey } from "../model/relation.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { originOf, readsColumn } from "./carry-family.ts";
import type { Carrying } from "./carry-indexes.ts";
import { copyName } from "./carry-names.ts";
import { notNullCopyName, notNullOrigins } from "./carry-not-null.ts";
import { nameOf } from "./catalog-lookup.ts";
import type { Draft } from "./step-kind.ts";
import { shortTransaction } from "./transaction-draft.ts";

/** Copies the comments of indexes and constraints that read the column, in one transaction. */
export function carryComments(carrying: Carrying): readonly Draft[] {
  const { family, from, plan, table, to } = carrying;
  const statements: string[] = [];
  const locks: TableLock[] = [];
  for (const member of family) {
    for (const { columns, comment, name, schema } of member.indexes) {
      if (comment === null || !columns.includes(from)) continue;
      const copy = { schema, name: copyName(table, name, plan) };
      statements.push(`COMMENT ON INDEX ${qualified(copy)} IS ${literal(comment)}`);
      locks.push({ relation: copy, mode: "SHARE UPDATE EXCLUSIVE" });
    }
    for (const constraint of member.constraints) {
      const name = readsColumn(member, constraint, from) ? constraintCopyName(carrying, member, constraint) : null;
      if (constraint.comment === null || name === null) continue;
      statements.push(`COMMENT ON CONSTRAINT ${ident(name)} ON ${qualified(member)} IS ${literal(constraint.comment)}`);
      locks.push({ relation: nameOf(member), mode: "ACCESS SHARE" });
    }
  }
  if (statements.length === 0) return [];
  return [
    shortTransaction(
      { title: `copy comments to what hangs on ${relationKey(table)}.${to}`, table, statements, locks },
      [],
    ),
  ];
}

/** What the copy of a constraint is called on a member of the family; null for a kind that is not carried. */
export function constraintCopyName(
  carrying: Pick<Carrying, "family" | "from" | "plan" | "table">,
  member: Table,
  constraint: Constraint,
): string | null {
  const { family, from, plan, table } = carrying;
  switch (constraint.kind) {
    case "check":
    case "unique":
      return copyName(table, constraint.name, plan);
    case "foreign key":
      // The copies on partitions are all called after the one that they came from.
      return copyName(table, originOf(family, member, constraint).constraint.name, plan);
    case "not null": {
      const origin = notNullOrigins(family, from).find(
        (candidate) =>
          candidate === member ||
          candidate.partitions.some((partition) => relationKey(partition.name) === relationKey(member)),
      );
      return origin === undefined ? null : notNullCopyName(carrying, origin);
    }
    case "primary key":
    case "exclusion":
    case "trigger":
      return null;
    default:
      return constraint.kind satisfies never;
  }
}
