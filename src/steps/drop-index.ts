import { z } from "zod";
import type { Catalog, Index, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { objectName, tableName } from "../model/fields.ts";
import type { TableLock } from "../model/lock.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { parseTableName, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { exclusiveLocks, nameOf, requireIndex, requireTable, withTable } from "./catalog-lookup.ts";
import { buildConcurrently, dropConcurrently } from "./concurrent-index.ts";
import { definitionBody } from "./index-definition-body.ts";
import { indexStatistics } from "./index-statistics.ts";
import { partNames, partsOf } from "./partitioned-index-parts.ts";
import { partitionedIndex } from "./partitioned-index.ts";
import type { Draft, StepKind } from "./step-kind.ts";
import { asUndo, shortTransaction, undoTransaction } from "./transaction-draft.ts";
import { indexObject, usesColumns } from "./schema-objects.ts";

const fields = z
  .strictObject({ table: tableName, name: objectName.describe("The index, in the schema of its table.") })
  .describe("Drops an index without stopping readers or writers.");
export type DropIndexFields = z.infer<typeof fields>;

/** DROP INDEX CONCURRENTLY. It hides nothing: its definition is kept, and a reversal builds it again. */
export const dropIndexStep = {
  kind: "drop_index",
  fields,
  phases: ["contract"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  touches: ({ table }, schema) => [{ table: parseTableName(table, schema), column: null }],
  effects: ({ table, name }, schema) => ({
    ...usesColumns(table, schema),
    removes: [indexObject(table, schema, name)],
  }),
  lower(written, { catalog }) {
    const table = requireTable(catalog, written.table);
    const index = droppableIndex(written, catalog);
    const invalid = index.valid ? [] : [`index ${relationKey(index)} is not valid; a reversal builds a valid one`];
    if (table.kind === "partitioned") {
      return {
        cutover: [dropWhole(table, index, catalog)],
        warnings: [
          ...invalid,
          `index ${relationKey(index)} is partitioned, which DROP INDEX CONCURRENTLY does not take: its drop asks for ACCESS EXCLUSIVE on ${relationKey(table)} and all its partitions at once`,
        ],
      };
    }
    const place = { index, on: table, table };
    const build = { id: "", ...buildConcurrently(place, index.unique, definitionBody(index)) };
    const { id: _, ...drop } = dropConcurrently(place);
    return { cutover: [{ ...drop, undo: [build, ...dressUndo(table, [index])] }], warnings: invalid };
  },
  after: (written, catalog) => {
    const table = requireTable(catalog, written.table);
    return withTable(catalog, { ...table, indexes: table.indexes.filter((index) => index.name !== written.name) });
  },
} satisfies StepKind<DropIndexFields>;

/** The index, if its drop breaks nothing. @throws SegueError SEG0101 */
export function droppableIndex(written: DropIndexFields, catalog: Catalog): Index {
  const table = requireTable(catalog, written.table);
  const index = requireIndex(table, written.name);
  const name = relationKey(index);
  if (index.constraint !== null)
    throw refusal(index, `index ${name} stands behind constraint ${index.constraint}: drop the constraint instead`);
  if (index.parent !== null)
    throw refusal(index, `index ${name} is a part of ${relationKey(index.parent)}: drop that one instead`);
  if (index.replicaIdentity)
    throw refusal(
      index,
      `index ${name} is the replica identity of ${relationKey(table)}: without it, replicated updates and deletes fail`,
    );
  if (index.clustered)
    throw refusal(
      index,
      `index ${name} is the one that ${relationKey(table)} is clustered on: ALTER TABLE … SET WITHOUT CLUSTER first`,
    );
  return index;
}

function refusal(object: RelationName, message: string): SegueError {
  return new SegueError("SEG0101", { message, object: relationKey(object) });
}

function dropWhole(table: Table, index: Index, catalog: Catalog): Draft {
  return shortTransaction(
    {
      title: `drop index ${relationKey(index)} and its parts on the partitions`,
      table,
      statements: [`DROP INDEX IF EXISTS ${qualified(index)}`],
      locks: [...exclusiveLocks(table), ...partsOf(table, index, catalog).map(lockOf)],
    },
    [...rebuild(table, index, catalog), ...dressUndo(table, partsOf(table, index, catalog))],
  );
}

function lockOf(index: RelationName): TableLock {
  return { relation: nameOf(index), mode: "ACCESS EXCLUSIVE" };
}

/** The way it is built: empty on the parents, concurrently on each leaf, attached; each under the name that it had. */
function rebuild(table: Table, index: Index, catalog: Catalog): readonly UndoStep[] {
  const drafts = partitionedIndex({
    catalog,
    table,
    name: index.name,
    unique: index.unique,
    body: definitionBody(index),
    names: partNames(table, index, catalog),
    constraint: null,
  });
  return asUndo(drafts);
}

/** What is no part of an index's definition: its comment, and the statistics targets of its expressions. */
function dressUndo(table: Table, indexes: readonly Index[]): readonly UndoStep[] {
  const dressed = indexes
    .map((index) => ({ index, statements: [...commentOn(index), ...indexStatistics(index, index)] }))
    .filter(({ statements }) => statements.length > 0);
  const [first] = dressed;
  if (first === undefined) return [];
  return [
    undoTransaction({
      title: `restore comment and statistics targets of index ${relationKey(first.index)}`,
      table,
      statements: dressed.flatMap(({ statements }) => statements),
      locks: dressed.map(({ index }) => ({ relation: nameOf(index), mode: "SHARE UPDATE EXCLUSIVE" })),
    }),
  ];
}

function commentOn(index: Index): readonly string[] {
  return index.comment === null ? [] : [`COMMENT ON INDEX ${qualified(index)} IS ${literal(index.comment)}`];
}
