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
  inverse: (fields, before) => ({
    operations: [{ kind: "drop_index", fields: { table: fields.table, name: indexName(fields, before) } }],
  }),
};
