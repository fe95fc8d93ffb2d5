import { z } from "zod";

/** The parts that plan entries are made of, with one wording for their errors. */

const MAX_BYTES = 63;

function fits(name: string): boolean {
  return Buffer.byteLength(name, "utf8") <= MAX_BYTES;
}

/** A column, constraint, index or other name: the catalog's, literally. */
export const objectName = z
  .string()
  .min(1, "a name can't be empty")
  .refine(fits, { error: `a name can't be over ${MAX_BYTES} bytes: PostgreSQL would cut it` })
  .refine((name) => !name.includes("\0"), { error: "a name can't hold a NUL" });

export const columnName = objectName.describe("A column, by its name in the catalog, literally.");

/** `users`, `sales.orders`; a name that holds a dot is written with SQL quotes: `"odd.name"`. */
export const tableName = z
  .string()
  .min(1, "a table name can't be empty")
  .refine((text) => parts(text) !== null, {
    error: 'a table is written `name` or `schema.name`; a name with a dot in it goes in SQL quotes: "odd.name"',
  })
  .refine((text) => (parts(text) ?? []).every(fits), {
    error: `a name can't be over ${MAX_BYTES} bytes: PostgreSQL would cut it`,
  })
  .describe("A table: `name` or `schema.name`, literally; a name that holds a dot is written with SQL quotes.");

/** The one or two names of a table reference, unquoted; null if it is not one. */
export function parts(text: string): readonly string[] | null {
  const found: string[] = [];
  const part = /^(?:"((?:[^"]|"")+)"|([^".]+))(\.|$)/;
  let rest = text;
  while (rest !== "") {
    const match = part.exec(rest);
    if (match === null) return null;
    found.push(match[1] === undefined ? (match[2] ?? "") : match[1].replaceAll('""', '"'));
    rest = rest.slice(match[0].length);
    if (match[3] === "." && rest === "") return null;
  }
  return found.length === 1 || found.length === 2 ? found : null;
}

/** An SQL expression over the row's columns; a number or a boolean stands for itself. */
export const sqlExpression = z
  .union([z.string().min(1, "an expression can't be empty"), z.number(), z.boolean()])
  .describe("An SQL expression over the row's columns, written bare.");
export type SqlExpression = z.infer<typeof sqlExpression>;

export const typeName = z.string().min(1, "a type can't be empty").describe("An SQL type: `text`, `numeric(12, 4)`.");

/** A clause of PostgreSQL's own for foreign keys. */
const foreignKeyAction = z.enum(["no action", "restrict", "cascade", "set null", "set default"]);

export const references = z
  .strictObject({
    table: tableName,
    columns: z.array(columnName).min(1).optional().describe("Default: the primary key of the table."),
    on_delete: foreignKeyAction.optional(),
    on_update: foreignKeyAction.optional(),
    match: z.enum(["simple", "full"]).optional(),
    deferrable: z.boolean().optional(),
    initially_deferred: z.boolean().optional(),
  })
  .describe("The table and columns that a foreign key points at.");
export type References = z.infer<typeof references>;

/** One key of an index: a column, or a column with its options, or an expression. */
export const indexKey = z.union([
  columnName,
  z.strictObject({
    column: columnName,
    order: z.enum(["asc", "desc"]).optional(),
    nulls: z.enum(["first", "last"]).optional(),
    opclass: z.string().optional(),
    collation: z.string().optional(),
  }),
  z.strictObject({
    expression: z.string().min(1),
    order: z.enum(["asc", "desc"]).optional(),
    nulls: z.enum(["first", "last"]).optional(),
    opclass: z.string().optional(),
    collation: z.string().optional(),
  }),
]);
export type IndexKey = z.infer<typeof indexKey>;
