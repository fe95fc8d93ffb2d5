import { typeNamed } from "./column-types.ts";
import { chosen, type Drawing, every, operation, sorting, targetOf } from "./drawing.ts";
import { ident } from "./schema.ts";

/** Operations on constraints and indexes. */
export const CONSTRAINT_CHANGES: Readonly<Record<string, Drawing>> = {
  rename_index: {
    types: sorting,
    target: { index: "plain" },
    change: (schema) => ({
      operations: operation("rename_index", { table: schema.table, from: "index_0", to: "drawn" }),
      plainly: () => ["ALTER INDEX twin.index_0 RENAME TO drawn"],
    }),
  },
  rename_constraint: {
    types: sorting,
    target: { check: true, unique: true },
    change(schema, [n]) {
      const from = chosen(["check_0", "unique_0"], n);
      return {
        operations: operation("rename_constraint", { table: schema.table, from, to: "drawn" }),
        plainly: (table) => [`ALTER TABLE ${table} RENAME CONSTRAINT ${from} TO drawn`],
      };
    },
  },
  drop_constraint: {
    types: sorting,
    target: { check: true, unique: true },
    change(schema, [n]) {
      const name = chosen(["check_0", "unique_0"], n);
      return {
        operations: operation("drop_constraint", { table: schema.table, name }),
        // What the table refuses as long as the constraint stands, the twin is not asked.
        constrains: true,
        twin: (table) => [`ALTER TABLE ${table} DROP CONSTRAINT ${name}`],
        plainly: () => [],
      };
    },
  },
  create_index: {
    types: sorting,
    target: { index: null },
    change(schema, [n = 0]) {
      const { name } = targetOf(schema);
      const unique = n % 4 === 0 && schema.kind !== "partitioned";
      return {
        operations: operation("create_index", { table: schema.table, name: "drawn", columns: [name], unique }),
        constrains: unique,
        plainly: (table) => [`CREATE ${unique ? "UNIQUE " : ""}INDEX drawn ON ${table} (${ident(name)})`],
      };
    },
  },
  drop_index: {
    types: sorting,
    target: { index: "plain" },
    change: (schema) => ({
      operations: operation("drop_index", { table: schema.table, name: "index_0" }),
      plainly: () => ["DROP INDEX twin.index_0"],
    }),
  },
  add_check: {
    types: every,
    target: { check: false },
    change(schema) {
      const { name, type } = targetOf(schema);
      const check = typeNamed(type).check(ident(name));
      return {
        operations: operation("add_check", { table: schema.table, name: "drawn", check }),
        constrains: true,
        plainly: (table) => [`ALTER TABLE ${table} ADD CONSTRAINT drawn CHECK (${check})`],
      };
    },
  },
  add_unique: {
    types: sorting,
    // PostgreSQL numbers the names of a second one on partitions; Segue derives them.
    target: { unique: false },
    change(schema) {
      const { name } = targetOf(schema);
      const columns = schema.kind === "partitioned" ? [name, "region"] : [name];
      return {
        operations: operation("add_unique", { table: schema.table, name: "drawn", columns }),
        constrains: true,
        plainly: (table) => [`ALTER TABLE ${table} ADD CONSTRAINT drawn UNIQUE (${columns.map(ident).join(", ")})`],
      };
    },
  },
  add_foreign_key: {
    types: ["integer", "bigint"],
    change(schema, [n = 0]) {
      const { name } = targetOf(schema);
      const action = chosen(["no action", "cascade", "set null"], n);
      return {
        operations: operation("add_foreign_key", {
          table: schema.table,
          name: "drawn",
          columns: [name],
          references: { table: "parents", columns: ["id"], on_delete: action },
        }),
        constrains: true,
        plainly: (table) => [
          `ALTER TABLE ${table} ADD CONSTRAINT drawn FOREIGN KEY (${ident(name)}) REFERENCES twin.parents (id) ON DELETE ${action}`,
        ],
      };
    },
  },
};
