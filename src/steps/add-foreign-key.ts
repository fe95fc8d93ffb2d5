import { z } from "zod";
import type { Catalog, Table } from "../model/catalog.ts";
import { columnName, objectName, references, tableName } from "../model/fields.ts";
import type { Touch } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import { buildForeignKey } from "./build-foreign-key.ts";
import { nameOf, requireColumn, requireTable, withTable } from "./catalog-lookup.ts";
import { chooseName, constraintsOf } from "./choose-name.ts";
import { type ForeignKey, foreignKeyConstraint, resolveForeignKey } from "./resolve-foreign-key.ts";
import type { StepKind } from "./step-kind.ts";
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
    const target = [nameOf(key.target), ...key.target.partitions.map((partition) => partition.name)] as const;
    return {
      backfill: buildForeignKey(table, { name, definition: key.definition, target }, catalog.major),
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
export function foreignKeyName(written: AddForeignKeyFields, catalog: Catalog): string {
  const table = requireTable(catalog, written.table);
  return chooseName(written.name, [table.name, ...written.columns, "fkey"].join("_"), constraintsOf(catalog, table));
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
