import { dropIndexStep, type DropIndexFields, droppableIndex } from "../steps/drop-index.ts";
import type { Operation } from "./operation.ts";
import { noInverse } from "./add-again.ts";

/** Drops an index without stopping readers or writers; a reversal builds it again. */
export const dropIndex: Operation<DropIndexFields> = {
  kind: "drop_index",
  fields: dropIndexStep.fields,
  tables: dropIndexStep.tables,
  touches: dropIndexStep.touches,
  effects: dropIndexStep.effects,
  compile(fields, catalog) {
    droppableIndex(fields, catalog);
    return { expand: [], backfill: [], contract: [{ kind: "drop_index", fields }] };
  },
  after: dropIndexStep.after,
  inverse: () => noInverse("drop_index"),
};
