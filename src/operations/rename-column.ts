import { z } from "zod";
import type { Catalog, Column, Table } from "../model/catalog.ts";
import { columnName, tableName } from "../model/fields.ts";
import { parseTableName } from "../sql/identifier.ts";
import { requireColumn, requireNoColumn, requireTable, withColumn } from "../steps/catalog-lookup.ts";
import { nameQuestions } from "../steps/free-of-path.ts";
import { foreignKeysTo } from "../steps/key-foreign-keys.ts";
import { columnReference } from "./column-reference.ts";
import { isOfKey, pairedWith } from "./key-closure.ts";
import type { Operation, Phases } from "./operation.ts";
import { refuseUncarriable } from "./refuse-uncarriable.ts";
import { replaceKeyColumn } from "./replace-key-column.ts";
import { columnObjects, usesColumns } from "../steps/schema-objects.ts";

interface RenameColumnFields {
  readonly table: string;
  readonly from: string;
  readonly to: string;
}

/** A column gets a new name by a duplicate that both application versions can write. */
export const renameColumn: Operation<RenameColumnFields> = {
  kind: "rename_column",
  fields: z
    .strictObject({ table: tableName, from: columnName, to: columnName })
    .describe("Renames a column: old and new name work side by side until the contract."),
  tables: (fields, schema) => [parseTableName(fields.table, schema)],
  touches: (fields, schema) => {
    const table = parseTableName(fields.table, schema);
    return [fields.from, fields.to].map((column) => ({ table, column }));
  },
  referenced: ({ table, from }, schema) => [{ table: parseTableName(table, schema), column: from }],
  effects: ({ table, from, to }, schema) => ({
    ...usesColumns(table, schema),
    removes: columnObjects(table, schema, [from]),
    creates: columnObjects(table, schema, [to]),
  }),
  questions: () => nameQuestions([]),
  compile({ table, from, to }, catalog) {
    const found = requireTable(catalog, table);
    const column = requireColumn(found, from);
    requireNoColumn(found, to);
    if (isOfKey(catalog, found, column)) return renamedKey(catalog, found, column, to);
    refuseUncarriable(catalog, found, from, "follow");
    return {
      expand: [
        {
          kind: "add_column",
          fields: { table, column: to, type: column.type, like: from, ...collation(column.collation) },
        },
        {
          kind: "sync",
          fields: { table, forward: { [to]: columnReference(from) }, reverse: { [from]: columnReference(to) } },
        },
      ],
      backfill: [
        { kind: "fill", fields: { table } },
        { kind: "carry", fields: { table, from, to } },
      ],
      contract: [{ kind: "replace_column", fields: { table, column: from, by: to } }],
    };
  },
  after: ({ table, from, to }, catalog) =>
    withColumn(catalog, parseTableName(table, catalog.defaultSchema), from, { name: to }),
  inverse: ({ table, from, to }) => ({
    operations: [{ kind: "rename_column", fields: { table, from: to, to: from } }],
  }),
};

/** A foreign key names the column that it references: it is made anew, and its own columns stay. */
function renamedKey(catalog: Catalog, table: Table, { collation: own, name, type }: Column, to: string): Phases {
  const references = foreignKeysTo(catalog, [{ table, column: name }]);
  const copy = { forward: columnReference(name), reverse: columnReference(to) };
  const staying = references.flatMap((key) => pairedWith(key, name).map((column) => ({ table: key.table, column })));
  return replaceKeyColumn(
    catalog,
    [{ table, column: name, by: to, type, collation: own, ...copy }],
    staying.filter((one, at) => staying.findIndex((other) => sameColumn(one, other)) === at),
    false,
  );
}

function sameColumn(a: { table: Table; column: string }, b: { table: Table; column: string }): boolean {
  return a.table === b.table && a.column === b.column;
}

/** The COLLATE of a duplicate: its original's. */
export function collation(text: string | null): { collation?: string } {
  return text === null ? {} : { collation: text };
}
