import { requireColumn, requireTable } from "../steps/catalog-lookup.ts";
import { type SetDefaultFields, setDefaultStep } from "../steps/set-default.ts";
import { columnBefore, unknownColumn } from "./add-again.ts";
import type { Operation } from "./operation.ts";

/** A column gets a default before the new version, which may leave it out, comes. */
export const setDefault: Operation<SetDefaultFields> = {
  kind: "set_default",
  fields: setDefaultStep.fields,
  tables: setDefaultStep.tables,
  touches: setDefaultStep.touches,
  effects: setDefaultStep.effects,
  questions: setDefaultStep.questions,
  compile(fields, catalog) {
    requireColumn(requireTable(catalog, fields.table), fields.column);
    return { expand: [{ kind: "set_default", fields }], backfill: [], contract: [] };
  },
  after: setDefaultStep.after,
  inverse({ table, column }, before) {
    const old = columnBefore(before, table, column);
    if (old === null) return unknownColumn(table, column);
    if (old.default === null) return { operations: [{ kind: "drop_default", fields: { table, column } }] };
    return { operations: [{ kind: "set_default", fields: { table, column, default: old.default } }] };
  },
};
