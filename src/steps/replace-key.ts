import { z } from "zod";
import type { Table } from "../model/catalog.ts";
import { columnName, tableName } from "../model/fields.ts";
import type { TableLock } from "../model/lock.ts";
import { relationKey } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { rewriteConstraint, rewriteReferences } from "../sql/definition.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { isPartitioned, partitionsOf } from "./carry-family.ts";
import { nameOf, requireColumn, requireTable } from "./catalog-lookup.ts";
import type { Swap } from "./carry-renames.ts";
import { dropHiddenColumn } from "./drop-hidden-column.ts";
import { followerLocks } from "./following-views.ts";
import { endGeneration } from "./generate-key.ts";
import { type ColumnSwap, swapColumn } from "./key-column-swap.ts";
import { addPrimaryKeys, dropPrimaryKeys, primaryKeysOf } from "./key-constraints.ts";
import { type KeyColumn, keyColumnsOf, type ReplaceKeyFields } from "./key-entries.ts";
import { familyWithoutKey } from "./key-family.ts";
import {
  addForeignKeys,
  dropForeignKeys,
  dropForeignKeysAgain,
  foreignKeysTo,
  type KeyForeignKey,
  proveForeignKeys,
} from "./key-foreign-keys.ts";
import { buildAgain, copyOf, keepKey, keptOf, type NamedKey } from "./key-indexes.ts";
import { lockInOrder, lockOrder } from "./key-locks.ts";
import { keyWarnings } from "./key-warnings.ts";
import { notNullNames } from "./not-null-names.ts";
import { refuseBesideKey } from "./refuse-beside-key.ts";
import { requireCompanions } from "./require-companions.ts";
import { requireMovable } from "./require-movable.ts";
import type { Draft, LowerContext, StepKind } from "./step-kind.ts";
import { flipSync } from "./sync.ts";
import { flipReferences } from "./sync-references.ts";
import { familyLocks, shortTransaction, undoTransaction } from "./transaction-draft.ts";
import { viewLocks } from "./view-swap.ts";

/**
 * The cut-over from a column of a key to its duplicate, together with every foreign key that references it and the
 * columns of those: one short transaction over all of the tables. The old primary key and the old foreign keys go, the
 * new ones come with the same names: the primary key from an index that stands, foreign keys checked for every write
 * from then on and validated right after. An index on the old column, built before, makes the way back as short.
 */
export const replaceKey: StepKind<ReplaceKeyFields> = {
  kind: "replace_key",
  fields: z
    .strictObject({
      table: tableName,
      column: columnName.describe("The column of the key that goes."),
      by: columnName.describe("The duplicate that takes its place."),
      keep_name: z.boolean().optional().describe("True: duplicates take over the names, for a change of type."),
      referencing: z
        .array(z.strictObject({ table: tableName, column: columnName, by: columnName.optional() }))
        .optional()
        .describe("Columns whose foreign keys point at it, and the duplicates of those that change too."),
    })
    .describe("Cuts over from a column of a key to its duplicate, with everything that references it."),
  phases: ["contract"],
  tables: (fields, schema) => [fields, ...(fields.referencing ?? [])].map(({ table }) => parseTableName(table, schema)),
  touches: (fields, schema) =>
    [fields, ...(fields.referencing ?? [])].flatMap(({ table, column, by }) => {
      const name = parseTableName(table, schema);
      return [{ table: name, column }, ...(by === undefined ? [] : [{ table: name, column: by }])];
    }),
  lower(fields, context) {
    refuseBesideKey("replace_key", fields, context);
    const writers = { kind: "replace_key", writers: "change_type and rename_column" };
    requireCompanions(writers, keyColumnsOf(fields, context.catalog), context);
    const replacement = replacementOf(fields, context);
    const { foreignKeys, main, primaryKeys, swaps } = replacement;
    const { catalog, plan } = context;
    const { type } = requireColumn(main, fields.by);
    const target = fields.keep_name === true ? type : fields.by;
    const place = `${relationKey(main)}.${fields.column}`;
    const leaves = primaryKeys.filter(({ member }) => !isPartitioned(member));
    const cutover = {
      title: `cut over from ${place} to ${target}`,
      table: main,
      locks: locksOf(replacement, context),
      statements: forward(replacement, context),
    };
    return {
      expand: primaryKeys.filter(({ constraint }) => !constraint.inherited).map(requireMovable),
      backfill: leaves.map((key) => keepKey(key, plan)),
      cutover: [
        shortTransaction(cutover, backward(replacement, context)),
        ...proveForeignKeys(catalog, foreignKeys, (key) => afterwards(replacement, key)),
      ],
      drop: swaps.flatMap(({ final, hidden, replaced: { column, table } }) => [
        ...dropHiddenColumn(seen(replacement, context, table, column), column, hidden, plan),
        ...notNullNames(catalog, table, column, final, plan),
      ]),
      hides: swaps.map(({ follows, replaced: { by, column, table } }) => ({
        table: nameOf(table),
        column,
        ...(follows ? { followed: by } : {}),
        moves: foreignKeys.map(({ constraint, member }) => `${ident(constraint.name)} on ${qualified(member)}`),
      })),
      makes: leaves.map((key) => `index ${relationKey(keptOf(key, plan))}`),
      losses: swaps.flatMap(({ losses }) => losses),
      warnings: keyWarnings(replacement),
    };
  },
};

interface Replacement {
  readonly keepsName: boolean;
  readonly main: Table;
  /** In the order in which they are locked. */
  readonly tables: readonly Table[];
  readonly columns: readonly KeyColumn[];
  readonly swaps: readonly ColumnSwap[];
  readonly foreignKeys: readonly KeyForeignKey[];
  readonly primaryKeys: readonly NamedKey[];
}

function replacementOf(fields: ReplaceKeyFields, context: LowerContext): Replacement {
  const { catalog } = context;
  const columns = keyColumnsOf(fields, catalog);
  const keepsName = fields.keep_name === true;
  const main = requireTable(catalog, fields.table);
  const foreignKeys = foreignKeysTo(catalog, columns);
  const tables = lockOrder(
    main,
    [...columns, ...foreignKeys].map(({ table }) => table),
  );
  return {
    keepsName,
    main,
    tables,
    columns,
    swaps: columns.map((replaced) =>
      swapColumn(replaced, columns, context, { copied: isCopied(replaced, context), keepsName }),
    ),
    foreignKeys,
    primaryKeys: tables.flatMap((table) => {
      const names = on(columns, table).map(({ column }) => column);
      return primaryKeysOf([table, ...partitionsOf(catalog, table)], names).map((key) => ({ ...key, table }));
    }),
  };
}

function forward(replacement: Replacement, context: LowerContext): readonly string[] {
  const { columns, foreignKeys, keepsName, primaryKeys, swaps, tables } = replacement;
  const { catalog, plan } = context;
  return [
    ...followingTables(replacement).flatMap((table) => viewLocks(table, context).apply),
    ...lockInOrder(catalog, tables),
    ...dropForeignKeys(foreignKeys),
    ...dropPrimaryKeys(primaryKeys),
    ...swaps.flatMap(({ apply }) => apply),
    ...addPrimaryKeys(
      primaryKeys,
      (key) => copyOf(key, plan),
      ({ constraint, table }) =>
        keepsName ? constraint.definition : renamed(constraint.definition, on(columns, table)),
    ),
    ...swaps.flatMap(({ after }) => after),
    ...addForeignKeys(catalog, foreignKeys, (key) => afterwards(replacement, key)),
    ...tables.flatMap((table) => turned(context, table).flatMap(({ apply }) => apply)),
  ];
}

function backward(replacement: Replacement, context: LowerContext): readonly UndoStep[] {
  const { columns, foreignKeys, main, primaryKeys, swaps, tables } = replacement;
  const { catalog, plan } = context;
  const before = ({ constraint }: { constraint: { definition: string } }): string => constraint.definition;
  const back = undoTransaction({
    title: `go back to the old ${swaps.map(({ replaced }) => placeOf(replaced)).join(", ")}`,
    table: main,
    locks: locksOf(replacement, context),
    statements: [
      ...followingTables(replacement).flatMap((table) => viewLocks(table, context).undo),
      ...lockInOrder(catalog, tables),
      ...dropForeignKeysAgain(catalog, foreignKeys),
      ...dropPrimaryKeys(primaryKeys),
      ...swaps.toReversed().flatMap(({ undo }) => undo),
      ...addPrimaryKeys(primaryKeys, (key) => keptOf(key, plan), before),
      ...addForeignKeys(catalog, foreignKeys, before),
      ...tables.flatMap((table) => turned(context, table).flatMap(({ undo }) => undo)),
    ],
  });
  return [
    ...swaps.flatMap(({ proof }) => proof),
    back,
    ...proveForeignKeys(catalog, foreignKeys, before).map(asUndo),
    ...primaryKeys
      .filter(({ member }) => !isPartitioned(member))
      .flatMap((key) => buildAgain(key, on(columns, key.table), plan)),
  ];
}

/** What keeps the rows of a table in step, turned in the same transaction. */
function turned(context: LowerContext, table: Table): readonly Swap[] {
  return [flipSync(context, table), endGeneration(context, table), flipReferences(context, table)];
}

function asUndo(draft: Draft): UndoStep {
  const { undo: _, ...step } = draft as Extract<Draft, { kind: "transaction" }>;
  return { ...step, id: "" };
}

function followingTables({ swaps, tables }: Replacement): readonly Table[] {
  const names = new Set(swaps.filter(({ follows }) => follows).map(({ replaced }) => relationKey(replaced.table)));
  return tables.filter((table) => names.has(relationKey(table)));
}

function locksOf({ primaryKeys, swaps, tables }: Replacement, { plan }: LowerContext): readonly TableLock[] {
  return [
    ...tables.flatMap((table) => familyLocks(table, "ACCESS EXCLUSIVE")),
    ...swaps.flatMap(({ follows, replaced: { column, table } }) => (follows ? followerLocks(table, column) : [])),
    ...primaryKeys
      .filter(({ member }) => !isPartitioned(member))
      .flatMap((key) => [copyOf(key, plan), keptOf(key, plan)])
      .map((relation): TableLock => ({ relation, mode: "ACCESS EXCLUSIVE" })),
  ];
}

/** A foreign key as it reads after the cut-over. */
function afterwards({ columns, keepsName }: Replacement, { constraint, table, target }: KeyForeignKey): string {
  if (keepsName) return constraint.definition;
  return on(columns, target).reduce(
    (text, { by, column }) => rewriteReferences(text, { from: column, to: by }),
    renamed(constraint.definition, on(columns, table)),
  );
}

function renamed(definition: string, columns: readonly KeyColumn[]): string {
  return columns.reduce((text, { by, column }) => rewriteConstraint(text, { from: column, to: by }), definition);
}

function on(columns: readonly KeyColumn[], table: Table): readonly KeyColumn[] {
  return columns.filter((replaced) => relationKey(replaced.table) === relationKey(table));
}

function seen({ columns }: Replacement, { catalog }: LowerContext, table: Table, column: string): Table {
  return familyWithoutKey(catalog, table, column, columns)[0] ?? table;
}

function placeOf({ column, table }: KeyColumn): string {
  return `${relationKey(table)}.${column}`;
}

/** True if the sync derives the old column by just copying the new one. */
function isCopied({ by, column, table }: KeyColumn, { catalog, entries }: LowerContext): boolean {
  const keyOf = (written: unknown): string => relationKey(parseTableName(String(written), catalog.defaultSchema));
  const sync = entries.find(({ spec }) => spec.kind === "sync" && keyOf(spec.fields["table"]) === relationKey(table));
  const reverse = (sync?.spec.fields["reverse"] ?? {}) as Readonly<Record<string, unknown>>;
  return reverse[column] === ident(by);
}
