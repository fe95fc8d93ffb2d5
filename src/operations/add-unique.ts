import { type AddUniqueFields, addUniqueStep, uniqueName } from "../steps/add-unique.ts";
import type { Operation } from "./operation.ts";

/** Adds a UNIQUE constraint without stopping writers. */
export const addUnique: Operation<AddUniqueFields> = {
  kind: "add_unique",
  fields: addUniqueStep.fields,
  tables: addUniqueStep.tables,
  touches: addUniqueStep.touches,
  effects: addUniqueStep.effects,
  compile: (fields, catalog) => ({
    expand: [],
    backfill: [{ kind: "add_unique", fields: { ...fields, name: uniqueName(fields, catalog) } }],
    contract: [],
  }),
  after: addUniqueStep.after,
  inverse: (fields, before) => ({
    operations: [{ kind: "drop_constraint", fields: { table: fields.table, name: uniqueName(fields, before) } }],
  }),
};
