import { z } from "zod";
import type { Catalog, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { columnName, objectName, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { exclusiveLocks, requireColumn, requireTable, withTable } from "./catalog-lookup.ts";
import { chooseName, constraintsOf, relationsOf } from "./choose-name.ts";
import { buildConcurrently, dropConcurrently } from "./concurrent-index.ts";
import { dropConstraintUndo } from "./drop-constraint-undo.ts";
import { partitionNames } from "./partition-names.ts";
import { partitionedIndex } from "./partitioned-index.ts";
import { usesColumns } from "./schema-objects.ts";
import type { Draft, StepKind } from "./step-kind.ts";
import { shortTransaction } from "./transaction-draft.ts";
import { uniqueBody, uniqueConstraint, type Uniqueness } from "./unique-constraint.ts";

const fields = z
  .strictObject({
    table: tableName,
    name: objectName.optional().describe("Default: `<table>_pkey`."),
    columns: z.array(columnName).min(1),
  })
  .describe("Adds a primary key without stopping writers.");
export type AddPrimaryKeyFields = z.infer<typeof fields>;

/**
 * The index is built concurrently; ADD CONSTRAINT … USING INDEX then takes it over under a short lock. On a column that
 * is not NOT NULL that would read the whole table under it: an explicit set_not_null has to come before.
 */
export const addPrimaryKeyStep = {
  kind: "add_primary_key",
  fields,
  phases: ["backfill"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  touches: ({ columns, table }, schema) => columns.map((column) => ({ table: parseTableName(table, schema), column })),
  effects: ({ columns, table }, schema) => usesColumns(table, schema, columns),
  lower(written, { catalog }) {
    const table = requireTable(catalog, written.table);
    requireKeyColumns(written, table);
    const name = primaryKeyName(written, catalog);
    const key: Uniqueness = { columns: written.columns, kind: "primary key" };
    const { constraint } = uniqueConstraint(name, key, table, catalog.major);
    const body = uniqueBody(key, table, catalog.major);
    if (table.kind === "table") return { backfill: onTable(table, name, body) };
    return {
      backfill: partitionedIndex({
        catalog,
        table,
        name,
        unique: true,
        body,
        names: partitionNames(catalog, table, name, ["pkey"]),
        constraint: { kind: "PRIMARY KEY", definition: constraint.definition, timing: "" },
      }),
    };
  },
  after: (written, catalog) => withPrimaryKey(written, catalog),
} satisfies StepKind<AddPrimaryKeyFields>;

/** The name given, or PostgreSQL's own pattern. @throws SegueError SEG0101 if the given one is taken. */
export function primaryKeyName(written: AddPrimaryKeyFields, catalog: Catalog): string {
  const table = requireTable(catalog, written.table);
  return chooseName(
    written.name,
    `${table.name}_pkey`,
    relationsOf(catalog, table.schema),
    constraintsOf(catalog, table),
  );
}

/** @throws SegueError SEG0101 if the table has a primary key, or a column is given twice. */
export function requireNoPrimaryKey({ columns }: AddPrimaryKeyFields, table: Table): void {
  const key = table.constraints.find(({ kind }) => kind === "primary key");
  if (key !== undefined) {
    throw new SegueError("SEG0101", {
      message: `${relationKey(table)} has a primary key already: ${key.name} (${key.columns.join(", ")})`,
      object: relationKey(table),
      next: "change_primary_key makes other columns the key.",
    });
  }
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice === undefined) return;
  throw new SegueError("SEG0101", {
    message: `column ${twice} stands in the key twice`,
    object: `${relationKey(table)}.${twice}`,
  });
}

function requireKeyColumns(written: AddPrimaryKeyFields, table: Table): void {
  requireNoPrimaryKey(written, table);
  for (const name of written.columns) {
    const column = requireColumn(table, name);
    if (column.notNull && column.notNullValid) continue;
    throw new SegueError("SEG0101", {
      message: `${relationKey(table)}.${name} is not NOT NULL: a primary key would read the whole table for the proof`,
      object: `${relationKey(table)}.${name}`,
      next: "Put a set_not_null of the column before it, or use the operation, which does.",
    });
  }
}

function onTable(table: Table, name: string, body: string): readonly Draft[] {
  const index = { schema: table.schema, name };
  const place = { index, on: table, table };
  const locks = exclusiveLocks(table);
  const adopt = shortTransaction(
    {
      title: `add primary key ${name} to ${relationKey(table)}, using its index`,
      table,
      // No scan: the index proves that the key is unique, and every column of it is NOT NULL.
      statements: [
        `ALTER TABLE ${qualified(table)} ADD CONSTRAINT ${ident(name)} PRIMARY KEY USING INDEX ${ident(name)}`,
      ],
      locks: [...locks, { relation: index, mode: "SHARE UPDATE EXCLUSIVE" }],
    },
    [dropConstraintUndo(table, table, name, [...locks, { relation: index, mode: "ACCESS EXCLUSIVE" }])],
  );
  return [{ ...buildConcurrently(place, true, body), undo: [dropConcurrently(place)] }, adopt];
}

function withPrimaryKey(written: AddPrimaryKeyFields, catalog: Catalog): Catalog {
  const table = requireTable(catalog, written.table);
  const key: Uniqueness = { columns: written.columns, kind: "primary key" };
  const { constraint, index } = uniqueConstraint(primaryKeyName(written, catalog), key, table, catalog.major);
  const relationNames = [...catalog.relationNames, relationKey(index)];
  return withTable(
    { ...catalog, relationNames },
    { ...table, constraints: [...table.constraints, constraint], indexes: [...table.indexes, index] },
  );
}
