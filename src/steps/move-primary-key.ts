import { z } from "zod";
import type { Catalog, Constraint, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { columnName, objectName, tableName } from "../model/fields.ts";
import type { TableLock } from "../model/lock.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { isTemporal } from "../sql/definition.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { nameOf, requireColumn, requireTable } from "./catalog-lookup.ts";
import { chooseName, constraintsOf, relationsOf } from "./choose-name.ts";
import { buildConcurrently, dropConcurrently } from "./concurrent-index.ts";
import { addPrimaryKeys, dropPrimaryKeys, primaryKeysOf } from "./key-constraints.ts";
import {
  addForeignKeys,
  dropForeignKeys,
  dropForeignKeysAgain,
  foreignKeysTo,
  type KeyForeignKey,
  proveForeignKeys,
} from "./key-foreign-keys.ts";
import { copyOf, keepKey, keptOf, type NamedKey } from "./key-indexes.ts";
import { lockInOrder, lockOrder } from "./key-locks.ts";
import { requireMovable } from "./require-movable.ts";
import { refuseBesideKey } from "./refuse-beside-key.ts";
import { usesColumns } from "./schema-objects.ts";
import type { Draft, LowerContext, StepKind } from "./step-kind.ts";
import { familyLocks, shortTransaction, undoTransaction } from "./transaction-draft.ts";
import { timing, uniqueBody, type Uniqueness } from "./unique-constraint.ts";

const fields = z
  .strictObject({
    table: tableName,
    columns: z.array(columnName).min(1),
    unique: objectName
      .optional()
      .describe("What the old key is called as a unique constraint: `<table>_<columns>_key`."),
    referencing: z
      .array(z.strictObject({ table: tableName }))
      .optional()
      .describe("Tables with foreign keys to the old key, which are made anew over it."),
  })
  .describe("Makes other columns the primary key; the old key stays as a unique constraint.");
export type MovePrimaryKeyFields = z.infer<typeof fields>;

/**
 * The indexes of the new key and of the unique constraint on the old one are built before. The cut-over, one short
 * transaction, changes the constraints: a foreign key hangs on the index of the key that goes, so it goes too and comes
 * again over the unique constraint, checked for every write from then on and validated right after.
 */
export const movePrimaryKey: StepKind<MovePrimaryKeyFields> = {
  kind: "move_primary_key",
  fields,
  phases: ["contract"],
  tables: (written, schema) =>
    [written, ...(written.referencing ?? [])].map(({ table }) => parseTableName(table, schema)),
  touches: (written, schema) =>
    [written, ...(written.referencing ?? [])].map(({ table }) => ({
      table: parseTableName(table, schema),
      column: null,
    })),
  effects: ({ columns, table }, schema) => usesColumns(table, schema, columns),
  lower(written, context) {
    refuseBesideKey("move_primary_key", written, context);
    const move = moveOf(written, context);
    const { foreignKeys, key, table, unique } = move;
    const built = [fresh(move, context.plan), over(move)];
    const cutover = {
      title: `make (${written.columns.join(", ")}) the primary key of ${relationKey(table)}`,
      table,
      locks: locksOf(move, context),
      statements: [
        ...lockInOrder(context.catalog, move.tables),
        ...dropForeignKeys(foreignKeys),
        ...dropPrimaryKeys([key]),
        ...addPrimaryKeys([key], () => copyOf(key, context.plan), definition),
        `ALTER TABLE ${qualified(table)} ADD CONSTRAINT ${ident(unique)} UNIQUE USING INDEX ${ident(unique)}${timing(timingOf(key.constraint))}`,
        ...addForeignKeys(context.catalog, foreignKeys, definition),
      ],
    };
    return {
      expand: [requireMovable(key)],
      backfill: built.map((draft) => draft),
      cutover: [
        shortTransaction(cutover, backward(move, context)),
        ...proveForeignKeys(context.catalog, foreignKeys, definition),
      ],
      warnings: [
        `the cut-over locks ${move.tables.map(relationKey).join(", ")} for a moment, in one transaction`,
        `ON CONFLICT ON CONSTRAINT ${key.constraint.name}, and logical replication by the primary key, mean the new columns from the cut-over on`,
      ],
    };
  },
};

interface Move {
  readonly table: Table;
  readonly key: NamedKey;
  readonly columns: readonly string[];
  /** The name of the unique constraint on the old key. */
  readonly unique: string;
  readonly foreignKeys: readonly KeyForeignKey[];
  readonly tables: readonly Table[];
  readonly major: number;
}

function moveOf(written: MovePrimaryKeyFields, { catalog }: LowerContext): Move {
  const table = requireTable(catalog, written.table);
  const key = keyToMove(written, catalog);
  for (const name of written.columns) {
    const column = requireColumn(table, name);
    if (column.notNull && column.notNullValid) continue;
    throw new SegueError("SEG0101", {
      message: `${relationKey(table)}.${name} is not NOT NULL: a primary key would read the whole table for the proof`,
      object: `${relationKey(table)}.${name}`,
      next: "Put a set_not_null of the column before it, or use change_primary_key, which does.",
    });
  }
  const foreignKeys = foreignKeysToKey(catalog, table, key.constraint);
  return {
    table,
    key,
    columns: written.columns,
    unique: uniqueNameOf(written, catalog),
    foreignKeys,
    tables: lockOrder(
      table,
      foreignKeys.map((one) => one.table),
    ),
    major: catalog.major,
  };
}

/** The foreign keys that reference just the columns of the key. */
export function foreignKeysToKey(catalog: Catalog, table: Table, { columns }: Constraint): readonly KeyForeignKey[] {
  const wanted = JSON.stringify(columns.toSorted());
  return foreignKeysTo(
    catalog,
    columns.map((column) => ({ table, column })),
  ).filter(({ constraint }) => JSON.stringify(constraint.references?.columns.toSorted()) === wanted);
}

/**
 * The primary key that gives way.
 *
 * @throws SegueError SEG0101 if there is none or it has these columns already, SEG0103 for a partitioned table.
 */
export function keyToMove({ columns, table: name }: MovePrimaryKeyFields, catalog: Catalog): NamedKey {
  const table = requireTable(catalog, name);
  const object = relationKey(table);
  if (table.kind === "partitioned") {
    throw new SegueError("SEG0103", {
      message: `${object} is partitioned: its primary key can't be changed without reading its partitions under a strong lock`,
      object,
      next: "add_unique over the columns says the same to the planner and to foreign keys",
    });
  }
  const [key] = primaryKeysOf(
    [table],
    table.columns.map((column) => column.name),
  );
  if (key === undefined) {
    throw new SegueError("SEG0101", {
      message: `${object} has no primary key`,
      object,
      next: "add_primary_key gives it one",
    });
  }
  if (isTemporal(key.constraint.definition)) {
    throw new SegueError("SEG0102", {
      message: `the primary key of ${object} is WITHOUT OVERLAPS: it can't be built again without stopping writers`,
      object,
    });
  }
  const same = JSON.stringify(key.constraint.columns) === JSON.stringify(columns);
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (!same && twice === undefined) return { ...key, table };
  throw new SegueError("SEG0101", {
    message: same
      ? `(${columns.join(", ")}) is the primary key of ${object} already`
      : `column ${twice} stands in the key twice`,
    object,
  });
}

/** The name given for the unique constraint, or PostgreSQL's own pattern. @throws SegueError SEG0101 if it is taken. */
export function uniqueNameOf(written: MovePrimaryKeyFields, catalog: Catalog): string {
  const table = requireTable(catalog, written.table);
  const { constraint } = keyToMove(written, catalog);
  const wanted = [table.name, ...constraint.columns, "key"].join("_");
  return chooseName(written.unique, wanted, relationsOf(catalog, table.schema), constraintsOf(catalog, table));
}

const definition = ({ constraint }: { readonly constraint: Constraint }): string => constraint.definition;

function timingOf({
  deferrable,
  initiallyDeferred,
}: Constraint): Pick<Uniqueness, "deferrable" | "initially_deferred"> {
  return { deferrable, initially_deferred: initiallyDeferred };
}

/** The index of the new key, under a name of Segue's own until it takes that of the old one. */
function fresh({ columns, key, major, table }: Move, plan: string): Extract<Draft, { kind: "concurrent" }> {
  const place = { index: copyOf(key, plan), on: table, table };
  const body = uniqueBody({ kind: "primary key", columns }, table, major);
  return { ...buildConcurrently(place, true, body), undo: [dropConcurrently(place)] };
}

/** The index of the unique constraint on the old key. */
function over({ key, major, table, unique }: Move): Extract<Draft, { kind: "concurrent" }> {
  const place = { index: { schema: table.schema, name: unique }, on: table, table };
  const body = uniqueBody({ kind: "unique", columns: key.constraint.columns }, table, major);
  return { ...buildConcurrently(place, true, body), undo: [dropConcurrently(place)] };
}

/** The old key needs an index of its own again: it is built while the application goes on with the new one. */
function backward(move: Move, { catalog, plan }: LowerContext): readonly UndoStep[] {
  const { foreignKeys, key, table, unique } = move;
  const target = `ALTER TABLE ${qualified(table)}`;
  const step = (draft: Draft): UndoStep => {
    const { undo: _, ...rest } = draft as Exclude<Draft, { kind: "fill" }>;
    return { ...rest, id: "" };
  };
  return [
    step(keepKey(key, plan)),
    undoTransaction({
      title: `make (${key.constraint.columns.join(", ")}) the primary key of ${relationKey(table)} again`,
      table,
      locks: locksOf(move, { plan }),
      statements: [
        ...lockInOrder(catalog, move.tables),
        ...dropForeignKeysAgain(catalog, foreignKeys),
        ...dropPrimaryKeys([key]),
        `${target} DROP CONSTRAINT ${ident(unique)}`,
        ...addPrimaryKeys([key], () => keptOf(key, plan), definition),
        ...addForeignKeys(catalog, foreignKeys, definition),
      ],
    }),
    ...proveForeignKeys(catalog, foreignKeys, definition).map(step),
    ...[fresh(move, plan), over(move)].map((draft): UndoStep => ({ ...step(draft), onlyTo: "ready" })),
  ];
}

function locksOf({ key, tables, unique }: Move, { plan }: Pick<LowerContext, "plan">): readonly TableLock[] {
  const indexes: readonly RelationName[] = [copyOf(key, plan), { schema: key.table.schema, name: unique }];
  return [
    ...tables.flatMap((table) => familyLocks(table, "ACCESS EXCLUSIVE")),
    ...indexes.map((relation): TableLock => ({ relation: nameOf(relation), mode: "ACCESS EXCLUSIVE" })),
  ];
}
