import { createIndexStep, type CreateIndexFields, indexName } from "../steps/create-index.ts";
import type { Operation } from "./operation.ts";

/** Builds an index without stopping writers. */
export const createIndex: Operation<CreateIndexFields> = {
  kind: "create_index",
  fields: createIndexStep.fields,
  tables: createIndexStep.tables,
  touches: createIndexStep.touches,
  effects: createIndexStep.effects,
  compile: (fields, catalog) => ({
    expand: [],
    backfill: [{ kind: "create_index", fields: { ...fields, name: indexName(fields, catalog) } }],
    contract: [],
  }),
  after: createIndexStep.after,
  inverse: ({ table, name }) =>
    name === undefined
      ? { impossible: `create_index on ${table} has no name in the plan: drop the index by a plan of its own` }
      : { operations: [{ kind: "drop_index", fields: { table, name } }] },
};
