import { relationKey } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import { droppableTable, type DropTableFields, dropTableStep } from "../steps/drop-table.ts";
import type { Operation } from "./operation.ts";

/** A table is hidden, and dropped after the soak. */
export const dropTable: Operation<DropTableFields> = {
  kind: "drop_table",
  fields: dropTableStep.fields,
  tables: dropTableStep.tables,
  touches: dropTableStep.touches,
  effects: dropTableStep.effects,
  compile(fields, catalog) {
    droppableTable(fields.table, catalog);
    return { expand: [], backfill: [], contract: [{ kind: "drop_table", fields }] };
  },
  after: dropTableStep.after,
  inverse: ({ table }, { defaultSchema }) => ({
    impossible: `the rows of ${relationKey(parseTableName(table, defaultSchema))} are gone: a backup has them`,
  }),
};
