import { z } from "zod";
import type { Catalog, Index } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { objectName, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { requireIndex, requireTable, withTable } from "./catalog-lookup.ts";
import { chooseName, relationsOf } from "./choose-name.ts";
import { indexObject, usesColumns } from "./schema-objects.ts";
import type { StepKind } from "./step-kind.ts";
import { shortTransaction, undoTransaction } from "./transaction-draft.ts";

const fields = z
  .strictObject({
    table: tableName,
    from: objectName.describe("The index, in the schema of its table."),
    to: objectName.describe("Its new name."),
  })
  .describe("Gives an index another name.");
export type RenameIndexFields = z.infer<typeof fields>;

/** ALTER INDEX … RENAME: SHARE UPDATE EXCLUSIVE on the index alone, so queries go on using it. */
export const renameIndexStep = {
  kind: "rename_index",
  fields,
  phases: ["expand", "contract"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  touches: ({ table }, schema) => [{ table: parseTableName(table, schema), column: null }],
  effects: ({ from, table, to }, schema) => ({
    ...usesColumns(table, schema),
    removes: [indexObject(table, schema, from)],
    creates: [indexObject(table, schema, to)],
  }),
  lower(written, { catalog, phase }) {
    const table = requireTable(catalog, written.table);
    const index = renamableIndex(written, catalog);
    const renamed = { schema: index.schema, name: written.to };
    const rename = (old: typeof renamed, fresh: string): string =>
      `ALTER INDEX ${qualified(old)} RENAME TO ${ident(fresh)}`;
    const lock = (name: string) =>
      [{ relation: { schema: index.schema, name }, mode: "SHARE UPDATE EXCLUSIVE" }] as const;
    const back = undoTransaction({
      title: `rename index ${relationKey(renamed)} back to ${index.name}`,
      table,
      statements: [rename(renamed, index.name)],
      locks: lock(written.to),
    });
    const draft = shortTransaction(
      {
        title: `rename index ${relationKey(index)} to ${written.to}`,
        table,
        statements: [rename(index, written.to)],
        locks: lock(index.name),
      },
      [back],
    );
    return phase === "contract" ? { cutover: [draft] } : { expand: [draft] };
  },
  after: ({ from, table: name, to }, catalog) => {
    const table = requireTable(catalog, name);
    const indexes = table.indexes.map((index) => (index.name === from ? renamedIndex(index, to) : index));
    const [old, fresh] = [from, to].map((one) => relationKey({ schema: table.schema, name: one }));
    const relationNames = [...catalog.relationNames.filter((taken) => taken !== old), fresh ?? ""];
    return withTable({ ...catalog, relationNames }, { ...table, indexes });
  },
} satisfies StepKind<RenameIndexFields>;

/** The definition names the index; what follows the name stays. */
function renamedIndex(index: Index, name: string): Index {
  return {
    ...index,
    name,
    definition: index.definition.replace(`INDEX ${ident(index.name)} ON`, () => `INDEX ${ident(name)} ON`),
  };
}

/** The index, if it may be called so. @throws SegueError SEG0101 */
export function renamableIndex({ from, table: name, to }: RenameIndexFields, catalog: Catalog): Index {
  const table = requireTable(catalog, name);
  const index = requireIndex(table, from);
  if (index.constraint !== null) {
    throw new SegueError("SEG0101", {
      message: `index ${relationKey(index)} stands behind constraint ${index.constraint} and bears its name`,
      object: relationKey(index),
      next: `Use rename_constraint: { table: ${name}, from: ${from}, to: ${to} }.`,
    });
  }
  chooseName(to, to, relationsOf(catalog, index.schema));
  return index;
}
