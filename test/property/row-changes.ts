import { typeNamed } from "./column-types.ts";
import { chosen, type Drawing, every, operation, targetOf } from "./drawing.ts";
import type { DrawnColumn, RowChange } from "./model.ts";
import { ident, valueOf } from "./schema.ts";

/** Conditions on rows: on what the application writes, on the key, on none. */
function condition(column: DrawnColumn, n = 0): string {
  const name = ident(column.name);
  const check = typeNamed(column.type).check(name);
  return chosen([`id % 2 = ${n % 2}`, check, `NOT (${check})`, `${name} IS NULL`, `${name} IS NOT NULL`, "true"], n);
}

const COUNTING = ["smallint", "integer", "bigint", "numeric"];

/** A value to set: one of the literals, which a constraint may refuse, or one that depends on what stands there. */
function value(column: DrawnColumn, n = 0): string {
  const name = ident(column.name);
  if (n % 3 > 0 && COUNTING.includes(column.type)) return `${name} + 1`;
  if (n % 3 > 0 && column.type === "text") return `upper(${name}) || '!'`;
  return valueOf(column, n % 12);
}

/** Operations on rows. */
export const ROW_CHANGES: Readonly<Record<string, Drawing>> = {
  update_rows: {
    types: [...every, ...COUNTING, "text"],
    // Which of two rows gets the value that only one may have depends on which comes first.
    target: { unique: false },
    change(schema, [n = 0, m = 0, k = 0]) {
      const column = targetOf(schema);
      const rows: RowChange = {
        change: "update",
        column: column.name,
        value: value(column, n),
        where: condition(column, m),
        back: chosen(["kept", { value: value(column, n + k), where: condition(column, m + k) }, null] as const, k),
      };
      const set = { [column.name]: rows.value };
      const back =
        rows.back === "kept"
          ? { keep: true }
          : rows.back === null
            ? {}
            : { undo: { set: { [column.name]: rows.back.value }, where: rows.back.where } };
      const where = rows.where === "true" ? {} : { where: rows.where };
      return {
        operations: operation("update_rows", { table: schema.table, set, ...where, ...back }),
        rows,
        plainly: () => [],
      };
    },
  },
  delete_rows: {
    types: every,
    change(schema, [n, m = 0]) {
      const rows: RowChange = {
        change: "delete",
        where: condition(targetOf(schema), n),
        back: m % 3 === 0 ? null : "kept",
      };
      const keep = rows.back === "kept" ? { keep: true } : {};
      return {
        operations: operation("delete_rows", { table: schema.table, where: rows.where, ...keep }),
        rows,
        plainly: () => [],
      };
    },
  },
};
