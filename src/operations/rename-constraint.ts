import { renamableConstraint, type RenameConstraintFields, renameConstraintStep } from "../steps/rename-constraint.ts";
import type { Operation } from "./operation.ts";

/** A constraint gets another name, for both versions at one moment. */
export const renameConstraint: Operation<RenameConstraintFields> = {
  kind: "rename_constraint",
  fields: renameConstraintStep.fields,
  tables: renameConstraintStep.tables,
  touches: renameConstraintStep.touches,
  effects: renameConstraintStep.effects,
  compile(fields, catalog) {
    renamableConstraint(fields, catalog);
    return { expand: [{ kind: "rename_constraint", fields }], backfill: [], contract: [] };
  },
  after: renameConstraintStep.after,
  inverse: ({ table, from, to }) => ({
    operations: [{ kind: "rename_constraint", fields: { table, from: to, to: from } }],
  }),
};
