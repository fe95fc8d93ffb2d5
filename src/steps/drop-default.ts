import { z } from "zod";
import { SegueError } from "../model/errors.ts";
import { columnName, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import { requireColumn, requireTable, withColumn } from "./catalog-lookup.ts";
import { changeDefault, refuseDefault, replacedDefaults } from "./column-default.ts";
import { usesColumns } from "./schema-objects.ts";
import type { StepKind } from "./step-kind.ts";

const fields = z
  .strictObject({ table: tableName, column: columnName })
  .describe("Takes the default of a column away: new rows that leave it out get NULL.");
export type DropDefaultFields = z.infer<typeof fields>;

/** A default goes: one short ALTER. What the column owns, such as a sequence, stays. */
export const dropDefaultStep = {
  kind: "drop_default",
  fields,
  phases: ["expand", "contract"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  touches: ({ column, table }, schema) => [{ table: parseTableName(table, schema), column }],
  effects: ({ column, table }, schema) => usesColumns(table, schema, [column]),
  lower(written, context) {
    const { catalog, phase } = context;
    const table = requireTable(catalog, written.table);
    const column = requireColumn(table, written.column);
    refuseDefault(table, column, context);
    const object = `${relationKey(table)}.${column.name}`;
    if (column.default === null) {
      throw new SegueError("SEG0101", {
        message: `${object} has no default`,
        object,
        next: "Leave the drop_default out of the plan.",
      });
    }
    const drafts = [changeDefault(catalog, table, column, null)];
    const fate = column.notNull ? "fail: the column is NOT NULL" : "get NULL";
    const warnings = [
      `writers that leave out ${object} no longer get ${column.default}: they ${fate}`,
      ...replacedDefaults(catalog, table, column),
    ];
    return phase === "contract" ? { cutover: drafts, warnings } : { expand: drafts, warnings };
  },
  after: ({ column, table }, catalog) =>
    withColumn(catalog, parseTableName(table, catalog.defaultSchema), column, { default: null }),
} satisfies StepKind<DropDefaultFields>;
