import { relationKey } from "../model/relation.ts";
import {
  type AddPrimaryKeyFields,
  addPrimaryKeyStep,
  primaryKeyName,
  requireNoPrimaryKey,
} from "../steps/add-primary-key.ts";
import { requireColumn, requireTable, withColumn } from "../steps/catalog-lookup.ts";
import { columnBefore } from "./add-again.ts";
import type { Operation } from "./operation.ts";

/** Adds a primary key without stopping writers; a column that may be NULL is proven to have none first. */
export const addPrimaryKey: Operation<AddPrimaryKeyFields> = {
  kind: "add_primary_key",
  fields: addPrimaryKeyStep.fields,
  tables: addPrimaryKeyStep.tables,
  touches: addPrimaryKeyStep.touches,
  effects: addPrimaryKeyStep.effects,
  compile(fields, catalog) {
    const table = requireTable(catalog, fields.table);
    requireNoPrimaryKey(fields, table);
    const nullable = fields.columns.filter((name) => {
      const column = requireColumn(table, name);
      return !column.notNull || !column.notNullValid;
    });
    return {
      expand: [],
      backfill: [
        ...nullable.map((column) => ({ kind: "set_not_null", fields: { table: fields.table, column } })),
        { kind: "add_primary_key", fields: { ...fields, name: primaryKeyName(fields, catalog) } },
      ],
      contract: [],
      warnings: nullable.map(
        (column) =>
          `${relationKey(table)}.${column} becomes NOT NULL before the rollout is ready: a version that leaves it out fails from then on`,
      ),
    };
  },
  after(fields, catalog) {
    const table = requireTable(catalog, fields.table);
    const required = fields.columns.reduce(
      (current, column) => withColumn(current, table, column, { notNull: true, notNullValid: true }),
      catalog,
    );
    return addPrimaryKeyStep.after(fields, required);
  },
  inverse(fields, before) {
    const { table } = fields;
    const nullable = fields.columns.filter((name) => columnBefore(before, table, name)?.notNull === false);
    return {
      operations: [{ kind: "drop_constraint", fields: { table, name: primaryKeyName(fields, before) } }],
      ...(nullable.length === 0
        ? {}
        : { lost: [`that ${table} may have NULL in ${nullable.join(", ")}: NOT NULL stays`] }),
    };
  },
};
