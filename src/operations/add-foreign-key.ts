import { type AddForeignKeyFields, addForeignKeyStep, completeForeignKey } from "../steps/add-foreign-key.ts";
import type { Operation } from "./operation.ts";
import { noInverse } from "./add-again.ts";

/** Adds a foreign key without a scan under a strong lock. */
export const addForeignKey: Operation<AddForeignKeyFields> = {
  kind: "add_foreign_key",
  fields: addForeignKeyStep.fields,
  tables: addForeignKeyStep.tables,
  touches: addForeignKeyStep.touches,
  effects: addForeignKeyStep.effects,
  compile: (fields, catalog) => ({
    expand: [],
    backfill: [{ kind: "add_foreign_key", fields: { ...completeForeignKey(fields, catalog) } }],
    contract: [],
  }),
  after: addForeignKeyStep.after,
  inverse: () => noInverse("add_foreign_key"),
};
