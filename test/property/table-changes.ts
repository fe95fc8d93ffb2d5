import { chosen, type Drawing, every, NEW_NAMES, operation, sorting, targetOf } from "./drawing.ts";
import { ident } from "./schema.ts";

/** Operations on a table or its key. */
export const TABLE_CHANGES: Readonly<Record<string, Drawing>> = {
  // The same operation, but on a column that the table's key and its rows' names hang on.
  "change_type of the key": {
    types: every,
    change: (schema) => ({
      operations: operation("change_type", { table: schema.table, column: "id", type: "bigint" }),
      plainly: (table) => [`ALTER TABLE ${table} ALTER COLUMN id TYPE bigint`],
    }),
  },
  add_primary_key: {
    types: every,
    change: (schema) => ({
      operations: operation("add_primary_key", { table: schema.table, columns: ["id"], name: "drawn" }),
      plainly: (table) => [`ALTER TABLE ${table} ADD CONSTRAINT drawn PRIMARY KEY (id)`],
    }),
  },
  change_primary_key: {
    types: sorting,
    target: { notNull: true },
    change(schema) {
      const { name } = targetOf(schema);
      return {
        operations: operation("change_primary_key", { table: schema.table, columns: [name, "id"], unique: "drawn" }),
        plainly: (table) => [
          `DO $do$ BEGIN EXECUTE (SELECT format('ALTER TABLE ${table.replaceAll("'", "''")} DROP CONSTRAINT %1$I, ADD CONSTRAINT %1$I PRIMARY KEY (${ident(name).replaceAll("'", "''").replaceAll("%", "%%")}, id)', conname)
            FROM pg_constraint WHERE contype = 'p' AND conrelid = '${table.replaceAll("'", "''")}'::regclass); END $do$`,
          `ALTER TABLE ${table} ADD CONSTRAINT drawn UNIQUE (id)`,
        ],
      };
    },
  },
  rename_table: {
    types: every,
    change(schema, [n]) {
      const to = chosen(NEW_NAMES, n);
      return {
        operations: operation("rename_table", { from: schema.table, to }),
        table: to,
        plainly: (table) => [`ALTER TABLE ${table} RENAME TO ${ident(to)}`],
      };
    },
  },
  drop_table: {
    types: every,
    change: (schema) => ({
      operations: operation("drop_table", { table: schema.table }),
      table: null,
      plainly: (table) => [`DROP TABLE ${table}`],
    }),
  },
};
