import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import { requireColumn, requireTable } from "../steps/catalog-lookup.ts";
import { type DropNotNullFields, dropNotNullStep } from "../steps/drop-not-null.ts";
import type { Operation } from "./operation.ts";

/** A column stops being required, before the new version, which may leave it out, comes. */
export const dropNotNull: Operation<DropNotNullFields> = {
  kind: "drop_not_null",
  fields: dropNotNullStep.fields,
  tables: dropNotNullStep.tables,
  touches: dropNotNullStep.touches,
  effects: dropNotNullStep.effects,
  compile(fields, catalog) {
    const table = requireTable(catalog, fields.table);
    const object = `${relationKey(table)}.${fields.column}`;
    if (!requireColumn(table, fields.column).notNull) {
      throw new SegueError("SEG0101", {
        message: `${object} is nullable already`,
        object,
        next: "Leave the drop_not_null out of the plan.",
      });
    }
    return {
      expand: [{ kind: "drop_not_null", fields }],
      backfill: [],
      contract: [],
      warnings: [`the old version finds NULL in ${object} once the new one writes it: it must tolerate that`],
    };
  },
  after: dropNotNullStep.after,
  inverse: ({ table, column }) => ({ operations: [{ kind: "set_not_null", fields: { table, column } }] }),
};
