import type { Catalog, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import type { TableLock } from "../model/lock.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { exclusiveLocks, nameOf } from "./catalog-lookup.ts";
import { buildConcurrently, dropConcurrently } from "./concurrent-index.ts";
import { partitionGuard, wholeIndexGuard } from "./partition-guard.ts";
import type { Draft } from "./step-kind.ts";
import { shortTransaction, undoTransaction } from "./transaction-draft.ts";

/** An index, or a unique constraint with its index, on a partitioned table. */
export interface PartitionedIndex {
  readonly catalog: Catalog;
  readonly table: Table;
  readonly name: string;
  readonly unique: boolean;
  /** What follows the table's name in CREATE INDEX. */
  readonly body: string;
  /** The index of the table and of each partition, by the table's key. */
  readonly names: ReadonlyMap<string, RelationName>;
  /** Set for a constraint: what follows its name on a partitioned table, and on a leaf after USING INDEX. */
  readonly constraint: {
    readonly kind: "UNIQUE" | "PRIMARY KEY";
    readonly definition: string;
    readonly timing: string;
  } | null;
}

/** What an index of a partition is attached to. */
interface Above {
  readonly index: RelationName;
  readonly table: RelationName;
}

/**
 * CREATE INDEX CONCURRENTLY is an error on a partitioned table, and without CONCURRENTLY it stops the writers of
 * every partition while it scans. So: an empty index on the parent alone, one concurrent build a leaf, and each
 * attached under a short lock; the last one makes the whole valid. An attached index can't be detached, so the
 * way back from the first attachment on is to drop the parent's, which takes the attached ones with it.
 *
 * @throws SegueError SEG0103 for a partition that can't be indexed.
 */
export function partitionedIndex(whole: PartitionedIndex): readonly Draft[] {
  const { catalog, names, table } = whole;
  requireIndexable(catalog, table);
  const root: RelationName = { schema: table.schema, name: whole.name };
  const above = (parent: RelationName): Above => ({ index: part(names, parent), table: parent });
  const drafts = [onParent(whole, table, root, null)];
  for (const { leaf, name, parent } of table.partitions) {
    if (!leaf) drafts.push(onParent(whole, name, part(names, name), above(parent)));
  }
  for (const { leaf, name, parent } of table.partitions) {
    if (!leaf) continue;
    const index = part(names, name);
    const place = { index, on: name, table };
    drafts.push({ ...buildConcurrently(place, whole.unique, whole.body), undo: [dropConcurrently(place)] });
    drafts.push(attach(whole, name, index, above(parent)));
  }
  const last = drafts.at(-1);
  if (last?.kind !== "transaction" || drafts.length === 1) return drafts;
  return [...drafts.slice(0, -1), { ...last, statements: [...last.statements, wholeIndexGuard(root)] }];
}

/** The index of a table that holds no rows itself: invalid until that of every partition is attached. */
function onParent(whole: PartitionedIndex, on: RelationName, index: RelationName, above: Above | null): Draft {
  const { constraint, table, unique } = whole;
  const create =
    constraint === null
      ? `CREATE ${unique ? "UNIQUE " : ""}INDEX ${ident(index.name)} ON ONLY ${qualified(on)} ${whole.body}`
      : `ALTER TABLE ONLY ${qualified(on)} ADD CONSTRAINT ${ident(index.name)} ${constraint.definition}`;
  return shortTransaction(
    {
      title: `create ${relationKey(index)} on ${relationKey(on)}, without its partitions`,
      table,
      statements: [create, partitionGuard(table, on), ...(above === null ? [] : [attachStatement(index, above)])],
      locks: [
        { relation: nameOf(on), mode: constraint === null ? "SHARE" : "ACCESS EXCLUSIVE" },
        ...(above === null ? [] : locksAbove(above)),
      ],
    },
    [dropWhole(whole)],
  );
}

function attach(whole: PartitionedIndex, on: RelationName, index: RelationName, above: Above): Draft {
  const { constraint, table } = whole;
  const name = ident(index.name);
  return shortTransaction(
    {
      title: `attach ${relationKey(index)} to ${relationKey(above.index)}`,
      table,
      statements: [
        ...(constraint === null
          ? []
          : [
              `ALTER TABLE ${qualified(on)} ADD CONSTRAINT ${name} ${constraint.kind} USING INDEX ${name}${constraint.timing}`,
            ]),
        attachStatement(index, above),
      ],
      locks: [
        { relation: nameOf(on), mode: constraint === null ? "ACCESS SHARE" : "ACCESS EXCLUSIVE" },
        { relation: index, mode: "ACCESS EXCLUSIVE" },
        ...locksAbove(above),
      ],
    },
    [dropWhole(whole)],
  );
}

/** Idempotent: the undo of whichever attachment is taken back first does it, and it is nothing to the others. */
function dropWhole({ constraint, name, table }: PartitionedIndex): UndoStep {
  const index = { schema: table.schema, name };
  return undoTransaction({
    title: `drop ${constraint === null ? "index" : "constraint"} ${relationKey(index)} and its attached parts`,
    table,
    statements: [
      constraint === null
        ? `DROP INDEX IF EXISTS ${qualified(index)}`
        : `ALTER TABLE ${qualified(table)} DROP CONSTRAINT IF EXISTS ${ident(name)}`,
    ],
    locks: exclusiveLocks(table),
  });
}

function attachStatement(index: RelationName, above: Above): string {
  return `ALTER INDEX ${qualified(above.index)} ATTACH PARTITION ${qualified(index)}`;
}

function locksAbove(above: Above): readonly TableLock[] {
  return [
    { relation: nameOf(above.table), mode: "ACCESS SHARE" },
    { relation: above.index, mode: "SHARE UPDATE EXCLUSIVE" },
  ];
}

function part(names: ReadonlyMap<string, RelationName>, table: RelationName): RelationName {
  const found = names.get(relationKey(table));
  if (found !== undefined) return found;
  throw new SegueError("SEG0101", { message: `the catalog lacks ${relationKey(table)}, which has partitions` });
}

/** @throws SegueError SEG0101: uniqueness over a partitioned table can only be proven within one partition. */
export function requirePartitionKey(columns: readonly string[], table: Table): void {
  const missing = table.partitionKeyColumns.filter((column) => !columns.includes(column));
  if (missing.length === 0) return;
  throw new SegueError("SEG0101", {
    message: `what is unique in partitioned table ${relationKey(table)} must include its partition key: ${missing.join(", ")}`,
    object: relationKey(table),
  });
}

/** An index with a foreign partition is never complete: PostgreSQL can't index a foreign table. */
function requireIndexable(catalog: Catalog, table: Table): void {
  const foreign = table.leaves.find((leaf) => catalog.tables[relationKey(leaf)]?.kind === "foreign");
  if (foreign === undefined) return;
  throw new SegueError("SEG0103", {
    message: `partition ${relationKey(foreign)} is a foreign table, which can't be indexed; an index on ${relationKey(table)} would never be valid`,
    object: relationKey(foreign),
  });
}
