import { z } from "zod";
import {
  columnName,
  indexKey,
  objectName,
  references,
  sqlExpression,
  tableName,
  typeName,
} from "../../../src/model/fields.ts";
import type { Vocabulary } from "../../../src/plan/vocabulary.ts";

const expressions = z.record(columnName, sqlExpression);

/** A few words of the format, each shape once: what the reader does is not to depend on the real registries. */
export const vocabulary: Vocabulary = {
  operations: {
    rename_column: z.strictObject({ table: tableName, from: columnName, to: columnName }).describe("Renames a column."),
    add_column: z.strictObject({
      table: tableName,
      column: columnName,
      type: typeName,
      nullable: z.boolean().optional(),
      default: sqlExpression.optional(),
      check: sqlExpression.optional(),
      references: references.optional(),
    }),
    create_index: z.strictObject({
      table: tableName,
      name: objectName.optional(),
      columns: z.array(indexKey).min(1),
      where: sqlExpression.optional(),
      method: z.enum(["btree", "gin", "gist"]).default("btree"),
      fillfactor: z.number().int().min(10).max(100).optional(),
    }),
    update_rows: z.strictObject({ table: tableName, set: expressions, where: sqlExpression }),
    sql: z.strictObject({
      phase: z.enum(["expand", "backfill", "contract"]),
      up: z.string(),
      down: z.string().optional(),
    }),
  },
  steps: {
    sync: {
      phases: ["expand"],
      fields: z.strictObject({ table: tableName, forward: expressions, reverse: expressions.optional() }),
    },
    fill: { phases: ["backfill"], fields: z.strictObject({ table: tableName }) },
    drop_column: { phases: ["contract"], fields: z.strictObject({ table: tableName, column: columnName }) },
    sql: {
      phases: ["expand", "backfill", "contract"],
      fields: z.strictObject({ up: z.string(), down: z.string().optional(), transaction: z.literal(false).optional() }),
    },
  },
};
