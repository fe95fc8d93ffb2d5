import type { Question } from "../model/catalog.ts";
import { createTableStep, requireFree } from "../steps/create-table.ts";
import type { CreateTableFields } from "../steps/create-table-fields.ts";
import type { Operation } from "./operation.ts";

/** Creates a table. */
export const createTable: Operation<CreateTableFields> = {
  kind: "create_table",
  fields: createTableStep.fields,
  tables: createTableStep.tables,
  touches: createTableStep.touches,
  effects: createTableStep.effects,
  questions: ({ columns }): readonly Question[] => Object.values(columns).map(({ type }) => ({ ask: "type", type })),
  compile(fields, catalog) {
    requireFree(fields, catalog);
    return { expand: [{ kind: "create_table", fields }], backfill: [], contract: [] };
  },
  after: createTableStep.after,
  inverse: ({ table }) => ({
    impossible: `table ${table} would take its rows along: drop it by a plan of its own, once they are not needed`,
  }),
};
