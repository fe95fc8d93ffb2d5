import { type DropConstraintFields, dropConstraintStep } from "../steps/drop-constraint.ts";
import { droppableConstraint } from "../steps/droppable-constraint.ts";
import { constraintAgain } from "./constraint-again.ts";
import type { Operation } from "./operation.ts";

/** A constraint goes when only the new version writes: the old one may count on it. */
export const dropConstraint: Operation<DropConstraintFields> = {
  kind: "drop_constraint",
  fields: dropConstraintStep.fields,
  tables: dropConstraintStep.tables,
  touches: dropConstraintStep.touches,
  effects: dropConstraintStep.effects,
  compile(fields, catalog) {
    droppableConstraint(fields, catalog);
    return { expand: [], backfill: [], contract: [{ kind: "drop_constraint", fields }] };
  },
  after: dropConstraintStep.after,
  inverse: (fields, before) => constraintAgain(fields, before),
};
