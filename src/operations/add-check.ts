import { type AddCheckFields, addCheckStep, checkName } from "../steps/add-check.ts";
import type { Operation } from "./operation.ts";

/** Adds a CHECK constraint without a scan under a strong lock. */
export const addCheck: Operation<AddCheckFields> = {
  kind: "add_check",
  fields: addCheckStep.fields,
  tables: addCheckStep.tables,
  touches: addCheckStep.touches,
  compile: (fields, catalog) => ({
    expand: [],
    backfill: [{ kind: "add_check", fields: { ...fields, name: checkName(fields, catalog) } }],
    contract: [],
  }),
  after: addCheckStep.after,
  inverse: (fields, before) => ({
    operations: [{ kind: "drop_constraint", fields: { table: fields.table, name: checkName(fields, before) } }],
  }),
};
