import type { Catalog, Constraint, Index, Table } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { rewriteConstraint, rewriteIndexDefinition, withStorage } from "../sql/definition.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { isPartitioned } from "./carry-family.ts";
import { copyName } from "./carry-names.ts";
import { nameOf } from "./catalog-lookup.ts";
import { partitionGuard, wholeIndexGuard } from "./partition-guard.ts";
import type { Draft } from "./step-kind.ts";
import { shortTransaction } from "./transaction-draft.ts";

/** A column, its duplicate, and the table with its partitions, parents first. */
export interface Carrying {
  readonly table: Table;
  readonly family: readonly Table[];
  readonly from: string;
  readonly to: string;
  readonly plan: string;
  readonly catalog: Catalog;
}

/**
 * Builds every index that reads the column once more for the duplicate, without stopping writers, and puts unique
 * constraints on theirs. On a partitioned table: an empty index on the parent alone, so that partitions made from
 * then on get theirs from the server; one concurrent build a leaf; each attached under a short lock.
 *
 * Nothing has an undo: an index goes with the column that it reads.
 *
 * @param wanted Which of them; all if it is left out.
 */
export function carryIndexes(carrying: Carrying, wanted: (index: Index) => boolean = () => true): readonly Draft[] {
  const { family, from } = carrying;
  const drafts: Draft[] = [];
  const attachments: Draft[] = [];
  const wholes: RelationName[] = [];
  for (const member of family) {
    for (const index of member.indexes.filter((one) => one.columns.includes(from) && wanted(one))) {
      const constraint = member.constraints.find((c) => c.kind === "unique" && c.name === index.constraint);
      if (isPartitioned(member)) {
        drafts.push(emptyParent(carrying, member, index, constraint));
        if (index.parent === null && member.partitions.length > 0) wholes.push(copyOf(carrying, index));
      } else {
        drafts.push(build(carrying, member, index));
        if (constraint !== undefined) drafts.push(addConstraint(carrying, member, index, constraint));
      }
      // Deepest first: an index turns valid when the last of its parts is attached.
      if (index.parent !== null) attachments.unshift(attach(carrying, member, index, index.parent));
    }
  }
  return [...drafts, ...withGuards(attachments, wholes)];
}

function copyOf({ plan, table }: Carrying, { name, schema }: RelationName): RelationName {
  return { schema, name: copyName(table, name, plan) };
}

function build(carrying: Carrying, member: Table, index: Index): Draft {
  const copy = copyOf(carrying, index);
  const { from, to } = carrying;
  return {
    kind: "concurrent",
    title: `copy index ${relationKey(index)} to ${relationKey(member)}.${to}`,
    table: nameOf(carrying.table),
    statement: rewriteIndexDefinition(index.definition, {
      from,
      to,
      name: copy.name,
      concurrently: true,
      tablespace: index.tablespace ?? null,
    }),
    probe: { expect: "index valid", index: copy },
    locks: [{ relation: nameOf(member), mode: "SHARE UPDATE EXCLUSIVE" }],
    undo: [],
  };
}

function emptyParent(carrying: Carrying, member: Table, index: Index, constraint: Constraint | undefined): Draft {
  const { from, table, to } = carrying;
  const { name } = copyOf(carrying, index);
  const unique = constraint === undefined ? "" : rewriteConstraint(constraint.definition, { from, to });
  const create =
    constraint === undefined
      ? rewriteIndexDefinition(index.definition, {
          from,
          to,
          name,
          concurrently: false,
          tablespace: index.tablespace ?? null,
        })
      : `ALTER TABLE ONLY ${qualified(member)} ADD CONSTRAINT ${ident(name)} ${withStorage(unique, index.definition, index.tablespace ?? null)}`;
  return shortTransaction(
    {
      title: `copy index ${relationKey(index)} to ${relationKey(member)}.${to}, without its partitions`,
      table,
      statements: [create, partitionGuard(table, member)],
      locks: [{ relation: nameOf(member), mode: constraint === undefined ? "SHARE" : "ACCESS EXCLUSIVE" }],
    },
    [],
  );
}

/** No scan: the index proves it. */
function addConstraint(carrying: Carrying, member: Table, index: Index, constraint: Constraint): Draft {
  const name = ident(copyOf(carrying, index).name);
  const timing = constraint.deferrable ? ` DEFERRABLE${constraint.initiallyDeferred ? " INITIALLY DEFERRED" : ""}` : "";
  return shortTransaction(
    {
      title: `copy unique constraint ${relationKey(member)}.${constraint.name} to ${carrying.to}`,
      table: carrying.table,
      statements: [`ALTER TABLE ${qualified(member)} ADD CONSTRAINT ${name} UNIQUE USING INDEX ${name}${timing}`],
      locks: [{ relation: nameOf(member), mode: "ACCESS EXCLUSIVE" }],
    },
    [],
  );
}

function attach(carrying: Carrying, member: Table, index: Index, parent: RelationName): Draft {
  const copy = copyOf(carrying, index);
  const above = copyOf(carrying, parent);
  return shortTransaction(
    {
      title: `attach ${relationKey(copy)} to ${relationKey(above)}`,
      table: carrying.table,
      statements: [`ALTER INDEX ${qualified(above)} ATTACH PARTITION ${qualified(copy)}`],
      locks: [
        ...(member.parent === null ? [] : [{ relation: nameOf(member.parent), mode: "ACCESS SHARE" as const }]),
        { relation: nameOf(member), mode: "ACCESS SHARE" },
        { relation: above, mode: "SHARE UPDATE EXCLUSIVE" },
        { relation: copy, mode: "ACCESS EXCLUSIVE" },
      ],
    },
    [],
  );
}

/** The last attachment proves, in its own transaction, that every partition has its part. */
function withGuards(attachments: readonly Draft[], wholes: readonly RelationName[]): readonly Draft[] {
  const last = attachments.at(-1);
  if (last?.kind !== "transaction") return attachments;
  return [...attachments.slice(0, -1), { ...last, statements: [...last.statements, ...wholes.map(wholeIndexGuard)] }];
}
