import { z } from "zod";
import type { Catalog, Table } from "../model/catalog.ts";
import { columnName, objectName, references, tableName } from "../model/fields.ts";
import type { TableLock } from "../model/lock.ts";
import type { Touch } from "../model/program.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { nameOf, requireColumn, requireTable, withTable } from "./catalog-lookup.ts";
import { chooseName, constraintsOf } from "./choose-name.ts";
import { dropConstraintUndo } from "./drop-constraint-undo.ts";
import { partitionGuard } from "./partition-guard.ts";
import { type ForeignKey, foreignKeyConstraint, resolveForeignKey } from "./resolve-foreign-key.ts";
import type { Draft, StepKind } from "./step-kind.ts";
import { familyLocks, shortTransaction } from "./transaction-draft.ts";
import { validateForeignKey } from "./validate-constraint.ts";
import { tableObject, usesColumns } from "./schema-objects.ts";

const fields = z
  .strictObject({
    table: tableName,
    name: objectName.optional().describe("Default: `<table>_<columns>_fkey`."),
    columns: z.array(columnName).min(1),
    references,
  })
  .describe("Adds a foreign key without a scan under a strong lock.");
export type AddForeignKeyFields = z.infer<typeof fields>;

/** The first major that takes NOT VALID for a foreign key of a partitioned table. */
const NOT_VALID_ON_PARTITIONED = 18;

/** ADD CONSTRAINT … NOT VALID holds for new rows; VALIDATE, in a later transaction, proves the old ones. */
export const addForeignKeyStep = {
  kind: "add_foreign_key",
  fields,
  phases: ["backfill"],
  tables: ({ references: target, table }, schema) => [
    parseTableName(table, schema),
    parseTableName(target.table, schema),
  ],
  touches: (written, schema): readonly Touch[] => {
    const table = parseTableName(written.table, schema);
    const target = parseTableName(written.references.table, schema);
    const referenced: readonly (string | null)[] = written.references.columns ?? [null];
    return [
      ...written.columns.map((column) => ({ table, column })),
      ...referenced.map((column) => ({ table: target, column })),
    ];
  },
  effects: ({ columns, references: target, table }, schema) => {
    const own = usesColumns(table, schema, columns);
    return { ...own, uses: [...own.uses, tableObject(target.table, schema)] };
  },
  lower(written, { catalog }) {
    const table = requireTable(catalog, written.table);
    const key = resolveForeignKey(table, written.columns, written.references, catalog);
    const name = foreignKeyName(written, catalog);
    const adopt = table.kind === "partitioned" && catalog.major < NOT_VALID_ON_PARTITIONED;
    return {
      backfill: adopt ? byLeaf(table, name, key) : notValidThenValidate(table, name, key),
      warnings: [...missingIndex(table, key), ...typeMismatch(table, key)],
    };
  },
  after: (written, catalog) => {
    const table = requireTable(catalog, written.table);
    const key = resolveForeignKey(table, written.columns, written.references, catalog);
    const constraint = foreignKeyConstraint(foreignKeyName(written, catalog), key);
    return withTable(catalog, { ...table, constraints: [...table.constraints, constraint] });
  },
} satisfies StepKind<AddForeignKeyFields>;

/** The entry with what it leaves open filled in: its name and the columns that it references. */
export function completeForeignKey(written: AddForeignKeyFields, catalog: Catalog): AddForeignKeyFields {
  const key = resolveForeignKey(requireTable(catalog, written.table), written.columns, written.references, catalog);
  const target = { ...written.references, columns: [...key.references.columns] };
  return { ...written, name: foreignKeyName(written, catalog), references: target };
}

/** The name given, or PostgreSQL's own pattern. @throws SegueError SEG0101 if the given one is taken. */
function foreignKeyName(written: AddForeignKeyFields, catalog: Catalog): string {
  const table = requireTable(catalog, written.table);
  return chooseName(written.name, [table.name, ...written.columns, "fkey"].join("_"), constraintsOf(catalog, table));
}

function notValidThenValidate(table: Table, name: string, key: ForeignKey): readonly Draft[] {
  const add = shortTransaction(
    {
      title: `add foreign key ${name} of ${relationKey(table)} to ${relationKey(key.target)}`,
      table,
      statements: [`ALTER TABLE ${qualified(table)} ADD CONSTRAINT ${ident(name)} ${key.definition} NOT VALID`],
      locks: bothLocks(familyLocks(table, "SHARE ROW EXCLUSIVE"), key, "SHARE ROW EXCLUSIVE"),
    },
    [dropUndo(table, table, name, familyLocks(table, "ACCESS EXCLUSIVE"), key)],
  );
  return [add, ...validateForeignKey(table, name, key.target)];
}

/**
 * Up to 17 a partitioned table takes no NOT VALID foreign key. So each leaf gets its own, and is validated; the
 * parent's, added last, adopts them and reads nothing.
 */
function byLeaf(table: Table, name: string, key: ForeignKey): readonly Draft[] {
  const leaves = table.leaves.flatMap((leaf): readonly Draft[] => {
    const one = { ...table, ...nameOf(leaf), leaves: [], partitions: [] };
    const [add, ...validation] = notValidThenValidate(one, name, key);
    return add === undefined
      ? []
      : [{ ...add, table: nameOf(table) }, ...validation.map((v) => ({ ...v, table: nameOf(table) }))];
  });
  const parents = [nameOf(table), ...table.partitions.filter(({ leaf }) => !leaf).map((partition) => partition.name)];
  const adopt = shortTransaction(
    {
      title: `add foreign key ${name} of ${relationKey(table)} to ${relationKey(key.target)}, adopting its partitions'`,
      table,
      statements: [
        // Holds off ATTACH PARTITION: a partition that nobody validated would be scanned under this lock.
        `LOCK TABLE ONLY ${qualified(table)} IN SHARE ROW EXCLUSIVE MODE`,
        ...parents.map((parent) => partitionGuard(table, parent)),
        `ALTER TABLE ${qualified(table)} ADD CONSTRAINT ${ident(name)} ${key.definition}`,
      ],
      // An adopted foreign key loses its own triggers on the referenced table: ACCESS EXCLUSIVE there.
      locks: bothLocks(familyLocks(table, "SHARE ROW EXCLUSIVE"), key, "ACCESS EXCLUSIVE"),
    },
    [dropUndo(table, table, name, familyLocks(table, "ACCESS EXCLUSIVE"), key)],
  );
  return [...leaves, adopt];
}

/** Dropping a foreign key takes its triggers off the referenced table too: ACCESS EXCLUSIVE on both. */
function dropUndo(table: Table, on: RelationName, name: string, locks: readonly TableLock[], key: ForeignKey) {
  return dropConstraintUndo(table, on, name, bothLocks(locks, key, "ACCESS EXCLUSIVE"));
}

/** The server locks the referencing table first, then the referenced one, in every statement about a foreign key. */
function bothLocks(own: readonly TableLock[], key: ForeignKey, mode: TableLock["mode"]): readonly TableLock[] {
  const seen = new Set(own.map((lock) => relationKey(lock.relation)));
  const others = family(key.target).filter((relation) => !seen.has(relationKey(relation)));
  return [...own, ...others.map((relation) => ({ relation, mode }))];
}

function family(table: Table): readonly RelationName[] {
  return [nameOf(table), ...table.partitions.map((partition) => nameOf(partition.name))];
}

function missingIndex(table: Table, key: ForeignKey): readonly string[] {
  const found = table.indexes.some((index) => {
    const leading = index.columns.slice(0, key.columns.length);
    return index.valid && key.columns.every((column) => leading.includes(column));
  });
  if (found) return [];
  return [
    `no index of ${relationKey(table)} begins with ${key.columns.join(", ")}: a delete or a change of the key in ${relationKey(key.target)} will read the whole table`,
  ];
}

function typeMismatch(table: Table, key: ForeignKey): readonly string[] {
  return key.columns.flatMap((name, position) => {
    const own = requireColumn(table, name);
    const other = requireColumn(key.target, key.references.columns[position] ?? "");
    if (own.type === other.type) return [];
    return [
      `${relationKey(table)}.${own.name} is ${own.type}, but ${relationKey(key.target)}.${other.name} is ${other.type}`,
    ];
  });
}
