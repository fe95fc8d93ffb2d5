import pg from "pg";
import { sqlType, typeNamed } from "./column-types.ts";
import { chosen, type Drawing, every, NEW_NAMES, operation, targetOf } from "./drawing.ts";
import { constraintsOf, ident } from "./schema.ts";

/** Operations on a column. */
export const COLUMN_CHANGES: Readonly<Record<string, Drawing>> = {
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
        retyped: { [name]: type },
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
        filled: { [name]: fill },
        given: [name],
        constrains: true,
        dropped: constraintsOf(schema.target ?? 0),
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
        filled: { [name]: fill },
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
        given: [name],
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
        given: [name],
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
        given: [name],
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
        added: [{ name, type: at("twin"), value }],
        plainly: (table) => (n % 2 === 0 ? [] : [`ALTER TABLE ${table} ALTER COLUMN ${ident(name)} DROP DEFAULT`]),
      };
    },
  },
};
