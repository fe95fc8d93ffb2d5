import { relationKey } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import { dropIndexStep, type DropIndexFields, droppableIndex } from "../steps/drop-index.ts";
import type { Operation } from "./operation.ts";
import { indexAgain } from "./index-again.ts";

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
  inverse({ table: written, name }, before) {
    const table = before.tables[relationKey(parseTableName(written, before.defaultSchema))];
    const index = table?.indexes.find((one) => one.name === name);
    const what = `index ${name} of ${written}`;
    if (table === undefined || index === undefined) return { impossible: `${what} is not in the catalog of the time` };
    const fields = indexAgain(index, table, before.major);
    if (fields === null) return { impossible: `${what} can't be written as an operation: ${index.definition}` };
    const comment = index.comment === null ? {} : { comment: index.comment };
    return { operations: [{ kind: "create_index", fields: { table: written, name, ...fields, ...comment } }] };
  },
};
