import fc from "fast-check";
import pg from "pg";
import { COLUMN_TYPES, sqlType, typeNamed } from "./column-types.ts";
import type { Change, DrawnColumn, DrawnSchema } from "./model.ts";
import { ident } from "./schema.ts";

/** How an operation is drawn: what its column must be like, and the change that it makes to a drawn table. */
export interface Drawing {
  readonly types: readonly string[];
  readonly target?: Partial<DrawnColumn>;
  /** `numbers` are drawn for it to choose by. */
  change(schema: DrawnSchema, numbers: readonly number[]): Change;
}

const NEW_NAMES = ["fresh", "Fresh Name", "new", "ß"];
const every = Object.keys(COLUMN_TYPES);
const sorting = every.filter((name) => typeNamed(name).sorts);

/** A value of `list` by a drawn number. */
function chosen<T>(list: readonly T[], n = 0): T {
  return list[n % list.length] as T;
}

function targetOf({ columns }: DrawnSchema): DrawnColumn {
  return columns[0] as DrawnColumn;
}

/** The schema's own name for a table of the plan; a name with a dot or blank is none here. */
const operation = (kind: string, fields: Record<string, unknown>): Change["operations"] => [{ [kind]: fields }];

/** Every operation that can be drawn, by its kind. */
export const DRAWINGS: Readonly<Record<string, Drawing>> = {
  rename_column: {
    types: every,
    change(schema, [n]) {
      const { name } = targetOf(schema);
      const to = chosen(NEW_NAMES, n);
      return {
        operations: operation("rename_column", { table: schema.table, from: name, to }),
        renamed: { [name]: to },
        plainly: (table) => [`ALTER TABLE ${table} RENAME COLUMN ${ident(name)} TO ${ident(to)}`],
      };
    },
  },
  change_type: {
    types: every.filter((name) => typeNamed(name).widerTypes.length > 0),
    change(schema, [n]) {
      const { name, type: from } = targetOf(schema);
      const type = chosen(typeNamed(from).widerTypes, n);
      return {
        operations: operation("change_type", { table: schema.table, column: name, type }),
        retyped: { column: name, type },
        plainly: (table) => [`ALTER TABLE ${table} ALTER COLUMN ${ident(name)} TYPE ${type}`],
      };
    },
  },
  drop_column: {
    types: every,
    // One value for all new rows is no unique one.
    target: { unique: false },
    change(schema, [n = 0]) {
      const { name, type } = targetOf(schema);
      const fill = typeNamed(type).literal(n % 12);
      return {
        operations: operation("drop_column", { table: schema.table, column: name, fill }),
        renamed: { [name]: null },
        supplement: { [name]: fill },
        filled: { column: name, value: fill },
        given: name,
        constrains: true,
        plainly: (table) => [`ALTER TABLE ${table} DROP COLUMN ${ident(name)}`],
      };
    },
  },
  set_not_null: {
    types: every,
    target: { notNull: false },
    change(schema, [n = 0]) {
      const { name, type } = targetOf(schema);
      const fill = typeNamed(type).literal(n % 12);
      return {
        operations: operation("set_not_null", { table: schema.table, column: name, fill }),
        filled: { column: name, value: fill },
        constrains: true,
        plainly: (table) => [
          `UPDATE ${table} SET ${ident(name)} = ${fill} WHERE ${ident(name)} IS NULL`,
          `ALTER TABLE ${table} ALTER COLUMN ${ident(name)} SET NOT NULL`,
        ],
      };
    },
  },
  drop_not_null: {
    types: every,
    target: { notNull: true },
    change(schema) {
      const { name } = targetOf(schema);
      return {
        operations: operation("drop_not_null", { table: schema.table, column: name }),
        given: name,
        plainly: (table) => [`ALTER TABLE ${table} ALTER COLUMN ${ident(name)} DROP NOT NULL`],
      };
    },
  },
  set_default: {
    types: every,
    change(schema, [n = 0]) {
      const { name, type } = targetOf(schema);
      const value = typeNamed(type).literal(n % 12);
      return {
        operations: operation("set_default", { table: schema.table, column: name, default: value }),
        given: name,
        plainly: (table) => [`ALTER TABLE ${table} ALTER COLUMN ${ident(name)} SET DEFAULT ${value}`],
      };
    },
  },
  drop_default: {
    types: every,
    target: { default: 1 },
    change(schema) {
      const { name } = targetOf(schema);
      return {
        operations: operation("drop_default", { table: schema.table, column: name }),
        given: name,
        plainly: (table) => [`ALTER TABLE ${table} ALTER COLUMN ${ident(name)} DROP DEFAULT`],
      };
    },
  },
  set_comment: {
    types: every,
    change(schema, [n = 0]) {
      const { name } = targetOf(schema);
      const comment = chosen(["drawn", 'it\'s $1 \\ "so"', null], n);
      return {
        operations: operation("set_comment", { table: schema.table, column: name, comment }),
        plainly: (table) => [
          `COMMENT ON COLUMN ${table}.${ident(name)} IS ${comment === null ? "NULL" : pg.escapeLiteral(comment)}`,
        ],
      };
    },
  },
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
  add_column: {
    types: every,
    change(schema, [n = 0, m = 0]) {
      const name = chosen(NEW_NAMES, n);
      const type = chosen(every, m);
      const value = typeNamed(type).literal(m % 3);
      // A type of the test's own lives in a schema of its own, too.
      const at = (place: string): string => sqlType(type, place);
      const given = n % 2 === 0 ? { default: value } : { fill: value };
      return {
        operations: operation("add_column", { table: schema.table, column: name, type: at("public"), ...given }),
        added: { name, type: at("twin"), value },
        plainly: (table) => (n % 2 === 0 ? [] : [`ALTER TABLE ${table} ALTER COLUMN ${ident(name)} DROP DEFAULT`]),
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

/** Numbers for a change to choose by. */
export const choices: fc.Arbitrary<readonly number[]> = fc.array(fc.nat({ max: 23 }), { minLength: 3, maxLength: 3 });
