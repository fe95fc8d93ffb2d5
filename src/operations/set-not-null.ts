import { z } from "zod";
import { columnName, sqlExpression, tableName } from "../model/fields.ts";
import { nameQuestions } from "../steps/free-of-path.ts";
import { nullableColumn, setNotNullStep } from "../steps/set-not-null.ts";
import type { Operation } from "./operation.ts";

const fields = z
  .strictObject({
    table: tableName,
    column: columnName,
    fill: sqlExpression
      .optional()
      .describe(
        "What rows get that have no value, now and as long as old writers leave it out. Without it a NULL fails the contract.",
      ),
  })
  .describe("Makes a column NOT NULL.");
type SetNotNullFields = z.infer<typeof fields>;

/**
 * Makes a column NOT NULL. With `fill` that is safe while the old version writes, so it happens before `ready`;
 * without, an old writer may still leave the column out, so it waits for contract.
 */
export const setNotNull: Operation<SetNotNullFields> = {
  kind: "set_not_null",
  fields,
  tables: (written, schema) => setNotNullStep.tables(written, schema),
  touches: (written, schema) => setNotNullStep.touches(written, schema),
  effects: (written, schema) => setNotNullStep.effects(written, schema),
  questions: ({ fill }) => (fill === undefined ? [] : nameQuestions([fill])),
  compile({ column, fill, table }, catalog) {
    nullableColumn({ table, column }, catalog);
    const entry = { kind: "set_not_null", fields: { table, column } };
    if (fill === undefined) return { expand: [], backfill: [], contract: [entry] };
    return {
      expand: [{ kind: "sync", fields: { table, fill: { [column]: fill } } }],
      backfill: [{ kind: "fill", fields: { table } }, entry],
      contract: [{ kind: "drop_sync", fields: { table } }],
    };
  },
  after: ({ column, table }, catalog) => setNotNullStep.after({ table, column }, catalog),
  inverse: ({ table, column }) => ({ expand: [{ kind: "drop_not_null", fields: { table, column } }] }),
};
