import { z } from "zod";
import type { Referencing, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { sqlExpression, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import type { RowsStep } from "../model/step.ts";
import { parseTableName } from "../sql/identifier.ts";
import { nameOf } from "./catalog-lookup.ts";
import { type ChangeableRows, changeableRows, firingTriggers } from "./changeable-rows.ts";
import { dropLists, keyList, listName, listRows, makeLists, ofTarget, type RowList } from "./row-lists.ts";
import { undoOf } from "./transaction-draft.ts";
import { tableObject } from "./schema-objects.ts";
import type { Draft, StepKind } from "./step-kind.ts";

const fields = z
  .strictObject({
    table: tableName,
    where: sqlExpression.describe("These rows, as of one moment at the beginning; `true` for all that stand then."),
    keep: z.boolean().optional().describe("True: the rows are kept until the drop, and a reversal brings them back."),
  })
  .describe("Deletes rows in batches.");
export type DeleteRowsFields = z.infer<typeof fields>;

/** Lists the rows that match at one moment, and deletes them in batches. */
export const deleteRowsStep = {
  kind: "delete_rows",
  fields,
  phases: ["backfill"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  touches: ({ table }, schema) => [{ table: parseTableName(table, schema), column: null }],
  effects: ({ table }, schema) => ({ uses: [tableObject(table, schema)], removes: [], creates: [] }),
  lower(written, context) {
    const rows = changeableRows(written, "delete_rows", context);
    const { key, seed, table } = rows;
    const following = refuseFollowing(rows, written.keep === true);
    const list = keyList(table, key, seed);
    const where = `(${rows.render(written.where)})`;
    const kept = written.keep === true ? keptRows(rows) : null;
    const step = (title: string, of: RowList, change: RowsStep["change"]): Draft => ({
      kind: "rows",
      title: `${title} ${relationKey(table)}`,
      table: nameOf(table),
      list: of.name,
      key,
      change,
      userTriggers: rows.userTriggers,
      undo: [],
    });
    const columns = storedColumns(table);
    const deleting = step("delete rows of", list, {
      change: "delete",
      where,
      keep: kept === null ? null : { into: kept.name, columns },
    });
    const stays = `the rows of ${relationKey(table)} that were deleted stay deleted`;
    return {
      backfill: [
        makeLists(table, [list, ...(kept === null ? [] : [kept])]),
        listRows(table, list, where),
        kept === null
          ? { ...deleting, stays }
          : {
              ...deleting,
              undo: [undoOf(step("bring back deleted rows of", kept, { change: "insert", columns }))],
            },
        dropLists(table, [list.name]),
      ],
      ...(kept === null ? {} : { drop: [{ ...dropLists(table, [kept.name]), irreversible: "the soak has ended" }] }),
      warnings: [
        ...firingTriggers(rows, "delete"),
        ...following,
        ...(kept === null
          ? [`what delete_rows takes from ${relationKey(table)} can't be taken back: give it \`keep: true\``]
          : []),
      ],
    };
  },
} satisfies StepKind<DeleteRowsFields>;

/** What a generated column holds is made anew. */
function storedColumns(table: Table): readonly string[] {
  return table.columns.filter(({ generated }) => generated === null).map(({ name }) => name);
}

function keptRows({ seed, table }: ChangeableRows): RowList {
  return { name: listName("kept_", table, seed), columns: storedColumns(table).map(ofTarget) };
}

/**
 * Rows of other tables that follow a deleted one are not listed and not kept.
 *
 * @returns what `plan` says of them
 * @throws SegueError SEG0102, SEG0103
 */
function refuseFollowing({ table, userTriggers }: ChangeableRows, keep: boolean): readonly string[] {
  const name = relationKey(table);
  const referencing = table.referencing ?? [];
  if (userTriggers === "skip" && referencing.length > 0) {
    throw new SegueError("SEG0103", {
      message: `${name} is referenced by foreign keys, which \`user_triggers: skip\` would leave unchecked: ${referencing.map((one) => one.name).join(", ")}`,
      object: name,
      next: "leave the setting out",
    });
  }
  const acting = referencing.filter(({ onDelete }) => onDelete !== "no action" && onDelete !== "restrict");
  if (acting.length === 0) return [];
  if (!keep) return [`rows that follow the deleted ones of ${name} change too: ${acting.map(described).join(", ")}`];
  throw new SegueError("SEG0102", {
    message: `rows of ${name} can't be kept: foreign keys take others with them, which would not come back`,
    object: name,
    problems: acting.map((one) => ({ message: described(one) })),
    next: "delete the rows that follow by a delete_rows of their own, before this one, and make the foreign keys NO ACTION; or leave `keep` out",
  });
}

function described({ name, onDelete }: Referencing): string {
  return `${name} ON DELETE ${onDelete.toUpperCase()}`;
}
