import { z } from "zod";
import type { Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { columnName, objectName, tableName } from "../model/fields.ts";
import type { TableLock } from "../model/lock.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { nameOf, requireColumn, requireConstraint, requireIndex, requireTable, withTable } from "./catalog-lookup.ts";
import { replacedColumns } from "./contract-entries.ts";
import { indexObject, usesColumns } from "./schema-objects.ts";
import type { LowerContext, StepKind } from "./step-kind.ts";
import { shortTransaction, undoTransaction } from "./transaction-draft.ts";

const fields = z
  .strictObject({
    table: tableName,
    column: columnName.optional(),
    index: objectName.optional().describe("An index of the table."),
    constraint: objectName.optional().describe("A constraint of the table."),
    comment: z.union([z.string(), z.null()]).describe("The text; `null` takes the comment away."),
  })
  .refine((f) => [f.column, f.index, f.constraint].filter((name) => name !== undefined).length <= 1, {
    error: "only one of `column`, `index` and `constraint` can be given",
  })
  .describe("Comments on a table, or on a column, index or constraint of it.");
export type SetCommentFields = z.infer<typeof fields>;

/** What a comment is on. */
interface Target {
  /** As people read it. */
  readonly title: string;
  /** What stands between COMMENT ON and IS. */
  readonly sql: string;
  readonly lock: TableLock;
  readonly before: string | null;
}

/** COMMENT ON: at most SHARE UPDATE EXCLUSIVE, which stops neither readers nor writers. */
export const setCommentStep = {
  kind: "set_comment",
  fields,
  phases: ["expand", "backfill", "contract"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  // What an index or a constraint reads is known only with the catalog at hand.
  touches: ({ column, table }, schema) => [{ table: parseTableName(table, schema), column: column ?? null }],
  effects: ({ column, index, table }, schema) => {
    const own = usesColumns(table, schema, column === undefined ? [] : [column]);
    return index === undefined ? own : { ...own, uses: [...own.uses, indexObject(table, schema, index)] };
  },
  lower(written, context) {
    const table = requireTable(context.catalog, written.table);
    refuseReplaced(written, table, context);
    const { before, lock, sql, title } = targetOf(written, table);
    const comment = (text: string | null): string =>
      `COMMENT ON ${sql} IS ${text === null || text === "" ? "NULL" : literal(text)}`;
    const locks = [lock];
    const back = undoTransaction({
      title: `put back the comment on ${title}`,
      table,
      statements: [comment(before)],
      locks,
    });
    const draft = shortTransaction(
      { title: `comment on ${title}`, table, statements: [comment(written.comment)], locks },
      [back],
    );
    switch (context.phase) {
      case "expand":
        return { expand: [draft] };
      case "backfill":
        return { backfill: [draft] };
      case "contract":
        return { cutover: [draft] };
      default:
        return context.phase satisfies never;
    }
  },
  after: (written, catalog) => {
    const table = requireTable(catalog, written.table);
    const comment = written.comment === "" ? null : written.comment;
    const commented = <T extends { readonly name: string }>(all: readonly T[], name: string): readonly T[] =>
      all.map((one) => (one.name === name ? { ...one, comment } : one));
    if (written.column !== undefined)
      return withTable(catalog, { ...table, columns: commented(table.columns, written.column) });
    if (written.index !== undefined)
      return withTable(catalog, { ...table, indexes: commented(table.indexes, written.index) });
    if (written.constraint !== undefined)
      return withTable(catalog, { ...table, constraints: commented(table.constraints, written.constraint) });
    return withTable(catalog, { ...table, comment });
  },
} satisfies StepKind<SetCommentFields>;

/** The object and its comment. @throws SegueError SEG0101 if the table has no such object. */
export function targetOf({ column, constraint, index }: SetCommentFields, table: Table): Target {
  const place = relationKey(table);
  const on = (relation: RelationName, mode: TableLock["mode"]): TableLock => ({ relation: nameOf(relation), mode });
  const ofTable = on(table, "SHARE UPDATE EXCLUSIVE");
  if (column !== undefined) {
    const { comment } = requireColumn(table, column);
    const sql = `COLUMN ${qualified(table)}.${ident(column)}`;
    return { title: `column ${place}.${column}`, sql, lock: ofTable, before: comment };
  }
  if (index !== undefined) {
    const found = requireIndex(table, index);
    const lock = on(found, "SHARE UPDATE EXCLUSIVE");
    return { title: `index ${relationKey(found)}`, sql: `INDEX ${qualified(found)}`, lock, before: found.comment };
  }
  if (constraint !== undefined) {
    const { comment } = requireConstraint(table, constraint);
    const sql = `CONSTRAINT ${ident(constraint)} ON ${qualified(table)}`;
    return { title: `constraint ${constraint} of ${place}`, sql, lock: on(table, "ACCESS SHARE"), before: comment };
  }
  return { title: `table ${place}`, sql: `TABLE ${qualified(table)}`, lock: ofTable, before: table.comment ?? null };
}

/** A duplicate has taken the comment over by then: the new text would go with the old column. @throws SegueError SEG0101 */
function refuseReplaced(written: SetCommentFields, table: Table, context: LowerContext): void {
  const replaced = replacedColumns(context, table);
  const index = table.indexes.find((one) => one.name === written.index);
  const constraint = table.constraints.find((one) => one.name === written.constraint);
  const read = [...(written.column === undefined ? [] : [written.column]), ...((index ?? constraint)?.columns ?? [])];
  const column = read.find((one) => replaced.has(one));
  if (column === undefined) return;
  const object = `${relationKey(table)}.${column}`;
  throw new SegueError("SEG0101", {
    message: `${object} is replaced or dropped by this plan, and what hangs on it with it: the comment would be lost`,
    object,
    next: "Comment in a plan of its own, before or after this one.",
  });
}
