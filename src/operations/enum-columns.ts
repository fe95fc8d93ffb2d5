import { z } from "zod";
import { columnName, tableName } from "../model/fields.ts";

/** `columns` of an operation that replaces an enum. */
export const enumColumns = z
  .array(z.strictObject({ table: tableName, column: columnName, to: columnName.describe("Its new name.") }))
  .optional()
  .describe(
    "New names for columns of the enum: there both application versions find the values that they know, side by side. Any other column keeps its name.",
  );
