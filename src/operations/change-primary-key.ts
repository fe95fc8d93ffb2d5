import { relationKey } from "../model/relation.ts";
import { z } from "zod";
import { columnName, objectName, tableName } from "../model/fields.ts";
import { parseTableName } from "../sql/identifier.ts";
import { requireColumn, requireTable, withTable } from "../steps/catalog-lookup.ts";
import { foreignKeysToKey, keyToMove, movePrimaryKey, uniqueNameOf } from "../steps/move-primary-key.ts";
import { uniqueConstraint } from "../steps/unique-constraint.ts";
import type { Operation } from "./operation.ts";
import { written } from "./written-table.ts";

const fields = z
  .strictObject({
    table: tableName,
    columns: z.array(columnName).min(1),
    unique: objectName
      .optional()
      .describe("What the old key is called as a unique constraint; default: `<table>_<columns>_key`."),
  })
  .describe("Makes other columns the primary key; the old key stays as a unique constraint.");
type ChangePrimaryKeyFields = z.infer<typeof fields>;

/** Other columns become the primary key, under the same name. What referenced the old one goes on doing so. */
export const changePrimaryKey: Operation<ChangePrimaryKeyFields> = {
  kind: "change_primary_key",
  fields,
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  touches: (given, schema) => movePrimaryKey.touches(given, schema),
  effects: (given, schema) => movePrimaryKey.effects?.(given, schema) ?? { uses: [], removes: [], creates: [] },
  referenced: ({ table }, schema) => [{ table: parseTableName(table, schema), column: null }],
  compile(given, catalog) {
    const table = requireTable(catalog, given.table);
    const { constraint } = keyToMove(given, catalog);
    const nullable = given.columns.filter((name) => {
      const column = requireColumn(table, name);
      return !column.notNull || !column.notNullValid;
    });
    const referencing = foreignKeysToKey(catalog, table, constraint).map((key) => written(catalog, key.table));
    return {
      expand: [],
      backfill: nullable.map((column) => ({ kind: "set_not_null", fields: { table: given.table, column } })),
      contract: [
        {
          kind: "move_primary_key",
          fields: {
            ...given,
            unique: uniqueNameOf(given, catalog),
            ...(referencing.length === 0
              ? {}
              : { referencing: [...new Set(referencing)].map((name) => ({ table: name })) }),
          },
        },
      ],
      warnings: nullable.map(
        (column) =>
          `${relationKey(table)}.${column} becomes NOT NULL before the rollout is ready: a version that leaves it out fails from then on`,
      ),
    };
  },
  after(given, catalog) {
    const table = requireTable(catalog, given.table);
    const old = keyToMove(given, catalog);
    const name = old.constraint.name;
    const key = uniqueConstraint(name, { kind: "primary key", columns: given.columns }, table, catalog.major);
    const unique = uniqueConstraint(
      uniqueNameOf(given, catalog),
      { kind: "unique", columns: old.constraint.columns },
      table,
      catalog.major,
    );
    return withTable(catalog, {
      ...table,
      columns: table.columns.map((c) =>
        given.columns.includes(c.name) ? { ...c, notNull: true, notNullValid: true } : c,
      ),
      constraints: [...table.constraints.filter((c) => c.name !== name), key.constraint, unique.constraint],
      indexes: [...table.indexes.filter((i) => i.name !== name), key.index, unique.index],
    });
  },
  inverse: () => ({
    impossible: "change_primary_key has no inverse that could be made for you: write it as a plan of its own",
  }),
};
