import { z } from "zod";
import type { Catalog, Table } from "../model/catalog.ts";
import { columnName, objectName, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { exclusiveLocks, requireTable, withTable } from "./catalog-lookup.ts";
import { chooseName, constraintsOf, relationsOf } from "./choose-name.ts";
import { buildConcurrently, dropConcurrently } from "./concurrent-index.ts";
import { dropConstraintUndo } from "./drop-constraint-undo.ts";
import { partitionNames } from "./partition-names.ts";
import { partitionedIndex } from "./partitioned-index.ts";
import type { Draft, StepKind } from "./step-kind.ts";
import { shortTransaction } from "./transaction-draft.ts";
import { timing, uniqueBody, uniqueConstraint, type Uniqueness } from "./unique-constraint.ts";
import { usesColumns } from "./schema-objects.ts";

const fields = z
  .strictObject({
    table: tableName,
    name: objectName.optional().describe("Default: `<table>_<columns>_key`."),
    columns: z.array(columnName).min(1),
    include: z
      .array(columnName)
      .min(1)
      .optional()
      .describe("Columns that the index carries but that need not be unique."),
    nulls_not_distinct: z.boolean().optional().describe("PostgreSQL 15 and newer: NULLs count as equal."),
    deferrable: z.boolean().optional(),
    initially_deferred: z.boolean().optional(),
  })
  .describe("Adds a UNIQUE constraint without stopping writers.");
export type AddUniqueFields = z.infer<typeof fields>;

/** The index is built concurrently; ADD CONSTRAINT … USING INDEX then takes it over under a short lock. */
export const addUniqueStep = {
  kind: "add_unique",
  fields,
  phases: ["backfill"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  touches: ({ columns, include = [], table }, schema) =>
    [...columns, ...include].map((column) => ({ table: parseTableName(table, schema), column })),
  effects: ({ columns, table }, schema) => usesColumns(table, schema, columns),
  lower(written, { catalog }) {
    const table = requireTable(catalog, written.table);
    const name = uniqueName(written, catalog);
    const unique: Uniqueness = { ...written, kind: "unique" };
    const { constraint } = uniqueConstraint(name, unique, table, catalog.major);
    const body = uniqueBody(unique, table, catalog.major);
    if (table.kind === "table") return { backfill: onTable(written, table, name, body) };
    return {
      backfill: partitionedIndex({
        catalog,
        table,
        name,
        unique: true,
        body,
        names: partitionNames(catalog, table, name, [...written.columns, ...(written.include ?? []), "key"]),
        constraint: { kind: "UNIQUE", definition: constraint.definition, timing: timing(written) },
      }),
    };
  },
  after: (written, catalog) => withUnique(written, catalog),
} satisfies StepKind<AddUniqueFields>;

/** The name given, or PostgreSQL's own pattern. @throws SegueError SEG0101 if the given one is taken. */
export function uniqueName(written: AddUniqueFields, catalog: Catalog): string {
  const table = requireTable(catalog, written.table);
  const wanted = [table.name, ...written.columns, ...(written.include ?? []), "key"].join("_");
  return chooseName(written.name, wanted, relationsOf(catalog, table.schema), constraintsOf(catalog, table));
}

function onTable(written: AddUniqueFields, table: Table, name: string, body: string): readonly Draft[] {
  const index = { schema: table.schema, name };
  const place = { index, on: table, table };
  const adopt = shortTransaction(
    {
      title: `add unique constraint ${name} to ${relationKey(table)}, using its index`,
      table,
      statements: [
        `ALTER TABLE ${qualified(table)} ADD CONSTRAINT ${ident(name)} UNIQUE USING INDEX ${ident(name)}${timing(written)}`,
      ],
      locks: [...exclusiveLocks(table), { relation: index, mode: "SHARE UPDATE EXCLUSIVE" }],
    },
    [dropConstraintUndo(table, table, name, [...exclusiveLocks(table), { relation: index, mode: "ACCESS EXCLUSIVE" }])],
  );
  return [{ ...buildConcurrently(place, true, body), undo: [dropConcurrently(place)] }, adopt];
}

function withUnique(written: AddUniqueFields, catalog: Catalog): Catalog {
  const table = requireTable(catalog, written.table);
  const { constraint, index } = uniqueConstraint(
    uniqueName(written, catalog),
    { ...written, kind: "unique" },
    table,
    catalog.major,
  );
  const relationNames = [...catalog.relationNames, relationKey(index)];
  return withTable(
    { ...catalog, relationNames },
    { ...table, constraints: [...table.constraints, constraint], indexes: [...table.indexes, index] },
  );
}
