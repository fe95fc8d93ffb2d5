import { type AddUniqueFields, addUniqueStep, uniqueName } from "../steps/add-unique.ts";
import type { Operation } from "./operation.ts";
import { noInverse } from "./add-again.ts";

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
  inverse: () => noInverse("add_unique"),
};
