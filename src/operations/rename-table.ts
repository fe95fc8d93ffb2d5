import type { InversePart } from "../model/program.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import { nameOf } from "../steps/catalog-lookup.ts";
import { renameTableFields, type RenameTableFields, renameTableStep } from "../steps/rename-table.ts";
import { tableObject } from "../steps/schema-objects.ts";
import { aliasable, aliasName, aliasQuestion } from "../steps/table-alias.ts";
import type { Operation } from "./operation.ts";

/** A table gets a new name, under which a view can be read and written until the contract. */
export const renameTable: Operation<RenameTableFields> = {
  kind: "rename_table",
  fields: renameTableFields.describe("Renames a table: old and new name work side by side until the contract."),
  tables: renameTableStep.tables,
  touches: renameTableStep.touches,
  effects: ({ from, to }, schema) => ({
    uses: [tableObject(from, schema)],
    removes: [tableObject(from, schema)],
    creates: [tableObject(to, parseTableName(from, schema).schema)],
  }),
  questions: ({ from, to }, schema) => [aliasQuestion(from, to, schema)],
  compile({ from, to }, catalog) {
    aliasable(from, to, catalog);
    return {
      expand: [{ kind: "alias_table", fields: { table: from, as: to } }],
      backfill: [],
      contract: [{ kind: "rename_table", fields: { from, to } }],
    };
  },
  /** Later operations would find neither name to be that of a table they could change before the contract. */
  after({ from, to }, catalog) {
    const table = nameOf(parseTableName(from, catalog.defaultSchema));
    const found = catalog.tables[relationKey(table)];
    if (found === undefined) return catalog;
    const alias = aliasName(from, to, catalog.defaultSchema);
    const { [relationKey(table)]: _, ...tables } = catalog.tables;
    return { ...catalog, tables: { ...tables, [relationKey(alias)]: { ...found, ...alias, kind: "view" } } };
  },
  inverse: ({ from, to }, { defaultSchema }): InversePart => {
    const [old, fresh] = [parseTableName(from, defaultSchema), aliasName(from, to, defaultSchema)];
    return { operations: [{ kind: "rename_table", fields: { from: written(fresh), to: written(old) } }] };
  },
};

/** A table as plans name it. */
function written({ schema, name }: RelationName): string {
  return [schema, name].map((part) => (/[".]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part)).join(".");
}
