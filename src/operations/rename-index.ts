import { renamableIndex, type RenameIndexFields, renameIndexStep } from "../steps/rename-index.ts";
import type { Operation } from "./operation.ts";

/** An index gets another name: no application sees it, so at once. */
export const renameIndex: Operation<RenameIndexFields> = {
  kind: "rename_index",
  fields: renameIndexStep.fields,
  tables: renameIndexStep.tables,
  touches: renameIndexStep.touches,
  effects: renameIndexStep.effects,
  compile(fields, catalog) {
    renamableIndex(fields, catalog);
    return { expand: [{ kind: "rename_index", fields }], backfill: [], contract: [] };
  },
  after: renameIndexStep.after,
  inverse: ({ table, from, to }) => ({
    operations: [{ kind: "rename_index", fields: { table, from: to, to: from } }],
  }),
};
