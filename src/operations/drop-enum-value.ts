import { z } from "zod";
import type { Catalog } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { objectName, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { enumUse } from "../steps/enum-values.ts";
import { typeObject } from "../steps/schema-objects.ts";
import { enumColumns } from "./enum-columns.ts";
import type { Operation } from "./operation.ts";
import { type NewName, replaceEnum, type ValueMap } from "./replace-enum.ts";

interface DropEnumValueFields {
  readonly type: string;
  readonly value: string;
  readonly to: string | null;
  readonly columns?: readonly NewName[] | undefined;
}

/** A value of an enum goes, by a new type and a duplicate of every column that holds it; rows that have it get another. */
export const dropEnumValue: Operation<DropEnumValueFields> = {
  kind: "drop_enum_value",
  fields: z
    .strictObject({
      type: tableName.describe("The enum: `name` or `schema.name`, literally."),
      value: objectName.describe("The value that goes."),
      to: z
        .union([objectName, z.null()])
        .describe("What rows that have it get: another value of the enum, or null where every column may be NULL."),
      columns: enumColumns,
    })
    .describe("Drops a value of an enum, in every column that holds it."),
  tables: () => [],
  touches: () => [],
  enums: ({ type }, schema) => [parseTableName(type, schema)],
  effects: ({ type }, schema) => ({ uses: [typeObject(type, schema)], removes: [], creates: [] }),
  questions: ({ type }, schema) => [{ ask: "enum use", type: parseTableName(type, schema) }],
  compile({ columns: names, to, type: written, value }, catalog) {
    const type = parseTableName(written, catalog.defaultSchema);
    const { values } = enumUse(catalog, type);
    const refusal = (message: string): SegueError =>
      new SegueError("SEG0101", { message: `enum ${relationKey(type)} ${message}`, object: relationKey(type) });
    const kept = values.filter((one) => one !== value);
    if (kept.length === values.length) throw refusal(`has no value ${value}; it has ${values.join(", ")}`);
    if (kept.length === 0) throw refusal(`has no value but ${value}: a column of it could hold nothing`);
    if (to !== null && !kept.includes(to)) {
      throw refusal(`can't have ${to} in place of ${value}: it keeps ${kept.join(", ")}`);
    }
    const phases = replaceEnum(catalog, {
      type: written,
      values: kept,
      labels: { [value]: to },
      forward: without(value, to),
      // Each value that is kept is one of the old ones.
      reverse: { value: (text) => text, array: (texts) => texts },
      names,
    });
    const left = `a row that has ${value} keeps it in the old column, and gets it back by a reversal, until the new version changes it`;
    return { ...phases, warnings: [`${left}: ${to ?? "NULL"} is what it has then`] };
  },
  after: (_, catalog) => catalog,
  inverse: ({ columns = [], to, type, value }, before) => ({
    operations: [
      ...columns.map((one) => ({ kind: "rename_column", fields: { table: one.table, from: one.to, to: one.column } })),
      { kind: "add_enum_value", fields: { type, value, ...placeOf(before, type, value) } },
    ],
    lost: [`which rows had ${value}: they have ${to ?? "NULL"} now`],
  }),
};

function without(value: string, to: string | null): ValueMap {
  const next = to === null ? "NULL" : literal(to);
  return {
    value: (text) =>
      to === null
        ? `nullif(${text}, ${literal(value)})`
        : `CASE ${text} WHEN ${literal(value)} THEN ${next} ELSE ${text} END`,
    array: (texts) => `array_replace(${texts}, ${literal(value)}, ${next})`,
  };
}

/** Where a value stands, by its neighbour. */
function placeOf(before: Catalog, written: string, value: string): { before?: string; after?: string } {
  const { values } = enumUse(before, parseTableName(written, before.defaultSchema));
  const at = values.indexOf(value);
  const [previous, next] = [values[at - 1], values[at + 1]];
  if (next !== undefined) return { before: next };
  return previous === undefined ? {} : { after: previous };
}
