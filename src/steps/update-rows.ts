import { z } from "zod";
import { SegueError } from "../model/errors.ts";
import { columnName, sqlExpression, tableName } from "../model/fields.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ROW, type RowChange, TARGET } from "../model/step.ts";
import { ident, parseTableName } from "../sql/identifier.ts";
import { rowImage } from "../sql/row-image.ts";
import { assignable } from "./cast.ts";
import { nameOf, requireColumn } from "./catalog-lookup.ts";
import { type ChangeableRows, changeableRows, firingTriggers } from "./changeable-rows.ts";
import { dropLists, keyList, listName, listRows, makeLists, ofTarget, type RowList } from "./row-lists.ts";
import { undoOf } from "./transaction-draft.ts";
import { usesColumns } from "./schema-objects.ts";
import type { Draft, StepKind } from "./step-kind.ts";

const set = z
  .record(columnName, sqlExpression)
  .refine((columns) => Object.keys(columns).length > 0, { error: "at least one column is needed" });

const fields = z
  .strictObject({
    table: tableName,
    set: set.describe("New values, over the row as it is when its turn comes."),
    where: sqlExpression
      .optional()
      .describe("Only these rows, as of one moment at the beginning. Without it: all that stand then."),
    keep: z
      .boolean()
      .optional()
      .describe("True: the old values are kept until the drop, and a reversal brings them back."),
    undo: z
      .strictObject({ set, where: sqlExpression.optional() })
      .optional()
      .describe("What a reversal does instead: an update by these expressions."),
  })
  .refine(({ keep, undo }) => keep !== true || undo === undefined, { error: "`keep` excludes `undo`" })
  .describe("Changes rows in batches, each once.");
export type UpdateRowsFields = z.infer<typeof fields>;

type Update = Extract<RowChange, { change: "update" }>;

/** Lists the rows that match at one moment, and changes each of them once, in batches. */
export const updateRowsStep = {
  kind: "update_rows",
  fields,
  phases: ["backfill"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  touches: ({ table, undo, ...written }, schema) =>
    Object.keys({ ...written.set, ...undo?.set }).map((column) => ({ table: parseTableName(table, schema), column })),
  effects: ({ table, undo, ...written }, schema) =>
    usesColumns(table, schema, Object.keys({ ...written.set, ...undo?.set })),
  lower(written, context) {
    const rows = changeableRows(written, "update_rows", context);
    const { table, key, seed } = rows;
    const change = updateOf(rows, written);
    const list = keyList(table, key, seed);
    const kept = written.keep === true ? keptValues(rows, change) : null;
    const undo =
      kept === null
        ? written.undo === undefined
          ? []
          : byExpressions(rows, written.undo).map(undoOf)
        : [undoOf(restoring(rows, change, kept))];
    const stays = `the rows of ${relationKey(table)} that were changed stay as they are by then`;
    const changing: Draft = {
      ...update(rows, list.name, { ...change, keep: kept?.name ?? null }),
      undo,
      ...(undo.length === 0 ? { stays } : {}),
    };
    return {
      backfill: [
        makeLists(table, [list, ...(kept === null ? [] : [kept])]),
        listRows(table, list, whereOf(rows, written.where)),
        changing,
        dropLists(table, [list.name]),
      ],
      ...(kept === null ? {} : { drop: [{ ...dropLists(table, [kept.name]), irreversible: "the soak has ended" }] }),
      warnings: [
        ...firingTriggers(rows, "update"),
        ...(undo.length > 0
          ? []
          : [
              `what update_rows makes of ${relationKey(table)} can't be taken back: give it \`keep: true\` or an \`undo\``,
            ]),
      ],
    };
  },
} satisfies StepKind<UpdateRowsFields>;

function update({ key, table, userTriggers }: ChangeableRows, list: RelationName, change: Update): Draft {
  const columns = change.set.map(({ column }) => column).join(", ");
  return {
    kind: "rows",
    title: `update rows of ${relationKey(table)} (${columns})`,
    table: nameOf(table),
    list,
    key,
    change,
    userTriggers,
    undo: [],
  };
}

function updateOf(rows: ChangeableRows, written: Pick<UpdateRowsFields, "set" | "where">): Update {
  const values = Object.entries(written.set).map(([column, scalar]) => {
    refuseUnsettable(rows, column);
    return { column, value: assignable(rows.render(scalar), requireColumn(rows.table, column).type) };
  });
  return { change: "update", set: values, brings: [], where: whereOf(rows, written.where), keep: null };
}

function whereOf(rows: ChangeableRows, where: UpdateRowsFields["where"]): string {
  return where === undefined ? "true" : `(${rows.render(where)})`;
}

/** @throws SegueError SEG0101, SEG0102, SEG0103 */
function refuseUnsettable({ key, table, userTriggers }: ChangeableRows, name: string): void {
  const column = requireColumn(table, name);
  const object = `${relationKey(table)}.${name}`;
  const refuse = (code: "SEG0102" | "SEG0103", message: string): never => {
    throw new SegueError(code, { message: `${object} ${message}`, object });
  };
  if (key.includes(name)) refuse("SEG0103", "is in the primary key, by which the rows are known that are changed");
  if (column.generated !== null) refuse("SEG0103", "is a generated column: it follows the columns that it reads");
  if (column.identity === "always") refuse("SEG0103", "is GENERATED ALWAYS AS IDENTITY, which can't be updated");
  if (table.partitionKeyColumns.includes(name)) refuse("SEG0103", "is in the partition key: rows would move");
  const follows = (table.referencing ?? []).filter(({ columns }) => columns.includes(name));
  const acting = follows.filter(({ onUpdate }) => onUpdate !== "no action" && onUpdate !== "restrict");
  if (acting.length > 0) {
    const names = acting.map((one) => `${one.name} ON UPDATE ${one.onUpdate.toUpperCase()}`).join(", ");
    refuse("SEG0102", `is what rows of other tables follow, which a reversal could not bring back: ${names}`);
  }
  const checked = table.constraints.some((c) => c.kind === "foreign key" && c.columns.includes(name));
  if (userTriggers === "skip" && (checked || follows.length > 0))
    refuse("SEG0103", "is in a foreign key, which `user_triggers: skip` would leave unchecked");
}

/** The old values of each row with the new ones, by which a reversal knows rows that nobody has changed since. */
function keptValues({ key, seed, table }: ChangeableRows, { set: values }: Update): RowList {
  const pairs = values.flatMap(({ column }, index) =>
    ["old", "new"].map((side) => ({ ...ofTarget(column), name: `segue_${side}_${index + 1}` })),
  );
  return { name: listName("kept_", table, seed), columns: [...key.map(ofTarget), ...pairs] };
}

/** A value that the application has written since is a newer one, and stays. */
function restoring(rows: ChangeableRows, { set: values }: Update, kept: RowList): Draft {
  const places = values.map(({ column }, index) => ({ column, old: `segue_old_${index + 1}`, at: index + 1 }));
  const now = rowImage(places.map(({ column }) => `${TARGET}.${ident(column)}`));
  const made = rowImage(places.map(({ at }) => `${ROW}.segue_new_${at}`));
  const step = update(rows, kept.name, {
    change: "update",
    set: places.map(({ column, old }) => ({ column, value: `taken.${old}` })),
    brings: places.map(({ old }) => old),
    where: `${now} *= ${made}`,
    keep: null,
  });
  return { ...step, title: `bring back old values of ${relationKey(rows.table)}` };
}

function byExpressions(rows: ChangeableRows, undo: NonNullable<UpdateRowsFields["undo"]>): readonly Draft[] {
  const { key, seed, table } = rows;
  const list = keyList(table, key, `${seed}:undo`);
  return [
    makeLists(table, [list]),
    listRows(table, list, whereOf(rows, undo.where)),
    update(rows, list.name, updateOf(rows, undo)),
    dropLists(table, [list.name]),
  ];
}
