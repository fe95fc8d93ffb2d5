import { z } from "zod";
import { columnName, objectName, references, sqlExpression, tableName, typeName } from "../model/fields.ts";

const column = z.strictObject({
  type: typeName,
  nullable: z.boolean().optional().describe("Default true, as in PostgreSQL; a primary key or identity is never NULL."),
  default: sqlExpression.optional(),
  identity: z.enum(["always", "by default"]).optional(),
  generated: z
    .strictObject({
      expression: sqlExpression,
      kind: z.enum(["stored", "virtual"]).optional().describe("Default stored; virtual from 18 on."),
    })
    .optional(),
  collation: z.string().min(1).optional().describe('As SQL writes it: `"C"`, `public.german`.'),
  unique: z.boolean().optional(),
  check: sqlExpression.optional(),
  references: references.optional(),
  comment: z.string().optional(),
});

/** What a plan writes under `create_table`. */
export const createTableFields = z
  .strictObject({
    table: tableName,
    columns: z
      .record(columnName, column)
      .refine((columns) => Object.keys(columns).length > 0, "a table needs a column"),
    primary_key: z.array(columnName).min(1).optional(),
    unique: z
      .array(
        z.strictObject({
          name: objectName.optional(),
          columns: z.array(columnName).min(1),
          include: z.array(columnName).min(1).optional(),
          nulls_not_distinct: z.boolean().optional(),
          deferrable: z.boolean().optional(),
          initially_deferred: z.boolean().optional(),
        }),
      )
      .optional(),
    checks: z.array(z.strictObject({ name: objectName.optional(), check: sqlExpression })).optional(),
    foreign_keys: z
      .array(z.strictObject({ name: objectName.optional(), columns: z.array(columnName).min(1), references }))
      .optional(),
    partition_by: z
      .strictObject({ method: z.enum(["range", "list", "hash"]), columns: z.array(columnName).min(1) })
      .optional(),
    comment: z.string().optional(),
  })
  .describe("Creates a table.");
export type CreateTableFields = z.infer<typeof createTableFields>;
