import type { DeleteRowsFields } from "../steps/delete-rows.ts";
import { deleteRowsStep } from "../steps/delete-rows.ts";
import type { Operation } from "./operation.ts";

/** Deletes rows in batches. */
export const deleteRows: Operation<DeleteRowsFields> = {
  kind: "delete_rows",
  fields: deleteRowsStep.fields,
  tables: deleteRowsStep.tables,
  touches: deleteRowsStep.touches,
  effects: deleteRowsStep.effects,
  compile: (fields) => ({ expand: [], backfill: [{ kind: "delete_rows", fields }], contract: [] }),
  after: (_, catalog) => catalog,
  inverse: ({ table }) => ({ lost: [`the rows of ${table} that delete_rows has deleted`] }),
};
