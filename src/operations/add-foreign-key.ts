import {
  type AddForeignKeyFields,
  addForeignKeyStep,
  completeForeignKey,
  foreignKeyName,
} from "../steps/add-foreign-key.ts";
import type { Operation } from "./operation.ts";

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
  inverse: (fields, before) => ({
    operations: [{ kind: "drop_constraint", fields: { table: fields.table, name: foreignKeyName(fields, before) } }],
  }),
};
