import { requireColumn, requireTable } from "../steps/catalog-lookup.ts";
import { type DropDefaultFields, dropDefaultStep } from "../steps/drop-default.ts";
import { columnBefore, unknownColumn } from "./add-again.ts";
import type { Operation } from "./operation.ts";

/** A default goes when only the new version writes: the old one may count on it. */
export const dropDefault: Operation<DropDefaultFields> = {
  kind: "drop_default",
  fields: dropDefaultStep.fields,
  tables: dropDefaultStep.tables,
  touches: dropDefaultStep.touches,
  effects: dropDefaultStep.effects,
  compile(fields, catalog) {
    requireColumn(requireTable(catalog, fields.table), fields.column);
    return { expand: [], backfill: [], contract: [{ kind: "drop_default", fields }] };
  },
  after: dropDefaultStep.after,
  inverse({ table, column }, before) {
    const old = columnBefore(before, table, column);
    if (old === null || old.default === null) return unknownColumn(table, column);
    return { operations: [{ kind: "set_default", fields: { table, column, default: old.default } }] };
  },
};
