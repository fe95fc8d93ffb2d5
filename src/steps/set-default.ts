import { z } from "zod";
import { factKey, type Question } from "../model/catalog.ts";
import { columnName, sqlExpression, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { parseExpression, scalarToSql } from "../sql/expression.ts";
import { ident, parseTableName } from "../sql/identifier.ts";
import { requireColumn, requireTable, withColumn } from "./catalog-lookup.ts";
import { changeDefault, refuseDefault, replacedDefaults } from "./column-default.ts";
import { refuseWhatTheServerRefused } from "./server-refusal.ts";
import { usesColumns } from "./schema-objects.ts";
import type { StepKind } from "./step-kind.ts";

const fields = z
  .strictObject({
    table: tableName,
    column: columnName,
    default: sqlExpression.describe("What rows get that leave the column out, from now on. It may be volatile."),
  })
  .describe("Gives a column a default for new rows.");
export type SetDefaultFields = z.infer<typeof fields>;

/** A default for new rows: one short ALTER, which touches no row, whatever the expression is. */
export const setDefaultStep = {
  kind: "set_default",
  fields,
  phases: ["expand", "contract"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  touches: ({ column, table }, schema) => [{ table: parseTableName(table, schema), column }],
  effects: ({ column, table }, schema) => usesColumns(table, schema, [column]),
  questions: (written, schema) => [question(written, schema)],
  lower(written, context) {
    const { catalog, phase } = context;
    const table = requireTable(catalog, written.table);
    const column = requireColumn(table, written.column);
    refuseDefault(table, column, context);
    refuseWhatTheServerRefused(
      catalog.facts[factKey(question(written, catalog.defaultSchema))],
      `${relationKey(table)}.${column.name}`,
    );
    const text = parseExpression(scalarToSql(written.default), { table, columns: [] }).render("");
    const drafts = [changeDefault(catalog, table, column, text)];
    const place = `${relationKey(table)}.${column.name}`;
    const warnings = [
      `writers of every version that leave out ${place} get ${text} from then on, not ${column.default ?? "NULL"}`,
      ...replacedDefaults(catalog, table, column),
    ];
    return phase === "contract" ? { cutover: drafts, warnings } : { expand: drafts, warnings };
  },
  after: (written, catalog) =>
    withColumn(catalog, parseTableName(written.table, catalog.defaultSchema), written.column, {
      default: scalarToSql(written.default),
    }),
} satisfies StepKind<SetDefaultFields>;

/** Does the expression fit the column? */
function question(written: SetDefaultFields, schema: string): Question {
  const action = `ALTER COLUMN ${ident(written.column)} SET DEFAULT ${scalarToSql(written.default)}`;
  return { ask: "alter", table: parseTableName(written.table, schema), action };
}
