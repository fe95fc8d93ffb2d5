import type { UpdateRowsFields } from "../steps/update-rows.ts";
import { updateRowsStep } from "../steps/update-rows.ts";
import type { Operation } from "./operation.ts";

/** Changes rows in batches, each once. */
export const updateRows: Operation<UpdateRowsFields> = {
  kind: "update_rows",
  fields: updateRowsStep.fields,
  tables: updateRowsStep.tables,
  touches: updateRowsStep.touches,
  effects: updateRowsStep.effects,
  compile: (fields) => ({ expand: [], backfill: [{ kind: "update_rows", fields }], contract: [] }),
  after: (_, catalog) => catalog,
  inverse: ({ set, table, undo, where }) =>
    undo === undefined
      ? { lost: [`what update_rows has changed of ${table} stays as it is`] }
      : {
          operations: [
            {
              kind: "update_rows",
              fields: { table, ...undo, undo: { set, ...(where === undefined ? {} : { where }) } },
            },
          ],
        },
};
