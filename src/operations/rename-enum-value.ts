import { z } from "zod";
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

interface RenameEnumValueFields {
  readonly type: string;
  readonly from: string;
  readonly to: string;
  readonly columns?: readonly NewName[] | undefined;
}

/** A value of an enum gets a new name, by a new type and a duplicate of every column that holds it. */
export const renameEnumValue: Operation<RenameEnumValueFields> = {
  kind: "rename_enum_value",
  fields: z
    .strictObject({
      type: tableName.describe("The enum: `name` or `schema.name`, literally."),
      from: objectName.describe("The value."),
      to: objectName.describe("What it is called then."),
      columns: enumColumns,
    })
    .describe("Renames a value of an enum, in every column that holds it."),
  tables: () => [],
  touches: () => [],
  enums: ({ type }, schema) => [parseTableName(type, schema)],
  effects: ({ type }, schema) => ({ uses: [typeObject(type, schema)], removes: [], creates: [] }),
  questions: ({ type }, schema) => [{ ask: "enum use", type: parseTableName(type, schema) }],
  compile({ columns: names, from, to, type: written }, catalog) {
    const type = parseTableName(written, catalog.defaultSchema);
    const { values } = enumUse(catalog, type);
    const refusal = (message: string): SegueError =>
      new SegueError("SEG0101", { message: `enum ${relationKey(type)} ${message}`, object: relationKey(type) });
    if (!values.includes(from)) throw refusal(`has no value ${from}; it has ${values.join(", ")}`);
    if (values.includes(to)) throw refusal(`has a value ${to} already`);
    return replaceEnum(catalog, {
      type: written,
      values: values.map((value) => (value === from ? to : value)),
      labels: { [from]: to },
      forward: renamed(from, to),
      reverse: renamed(to, from),
      names,
    });
  },
  after: (_, catalog) => catalog,
  inverse: ({ columns, from, to, type }) => ({
    operations: [
      {
        kind: "rename_enum_value",
        fields: {
          type,
          from: to,
          to: from,
          ...(columns === undefined
            ? {}
            : { columns: columns.map((one) => ({ table: one.table, column: one.to, to: one.column })) }),
        },
      },
    ],
  }),
};

function renamed(from: string, to: string): ValueMap {
  return {
    value: (text) => `CASE ${text} WHEN ${literal(from)} THEN ${literal(to)} ELSE ${text} END`,
    array: (texts) => `array_replace(${texts}, ${literal(from)}, ${literal(to)})`,
  };
}
