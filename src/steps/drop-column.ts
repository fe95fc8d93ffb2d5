import { z } from "zod";
import type { Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { columnName, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { partitionsOf } from "./carry-family.ts";
import { exclusiveLocks, nameOf, requireColumn, requireOwnColumns, requireTable } from "./catalog-lookup.ts";
import { hiddenColumns, hiddenName } from "./contract-entries.ts";
import { dropHiddenColumn } from "./drop-hidden-column.ts";
import type { Draft, LowerContext, StepKind } from "./step-kind.ts";
import { shortTransaction, undoTransaction } from "./transaction-draft.ts";
import { columnObjects, usesColumns } from "./schema-objects.ts";

interface DropColumnFields {
  readonly table: string;
  readonly column: string;
}

/** Hides a column at the cut-over by renaming it out of sight, and drops it after the soak. */
export const dropColumnStep = {
  kind: "drop_column",
  fields: z
    .strictObject({ table: tableName, column: columnName })
    .describe("Hides a column at the cut-over and drops it after the soak."),
  phases: ["contract"],
  tables: (fields, schema) => [parseTableName(fields.table, schema)],
  touches: (fields, schema) => [{ table: parseTableName(fields.table, schema), column: fields.column }],
  effects: ({ table, column }, schema) => ({
    ...usesColumns(table, schema),
    removes: columnObjects(table, schema, [column]),
  }),
  lower(fields, context) {
    const table = requireTable(context.catalog, fields.table);
    requireOwnColumns(table, requireColumn(table, fields.column));
    refuseRequired(table, fields.column, context);
    const gone = refuseWhatWouldGo(table, fields.column, context);
    const hidden = hiddenName(table, fields.column, context.plan);
    return {
      cutover: [hide(table, fields.column, hidden)],
      drop: dropHiddenColumn(table, fields.column, hidden, null),
      hides: [{ table: nameOf(table), column: fields.column }],
      warnings:
        gone.length === 0 ? [] : [`dropped together with ${relationKey(table)}.${fields.column}: ${gone.join(", ")}`],
    };
  },
} satisfies StepKind<DropColumnFields>;

/** Renames a column out of sight, and back. Its indexes, constraints and default stay on it. */
function hide(table: Table, column: string, hidden: string): Draft {
  const rename = (from: string, to: string): string =>
    `ALTER TABLE ${qualified(table)} RENAME COLUMN ${ident(from)} TO ${ident(to)}`;
  const locks = exclusiveLocks(table);
  const place = `${relationKey(table)}.${column}`;
  const back = { title: `show column ${place} again`, table, statements: [rename(hidden, column)], locks };
  return shortTransaction({ title: `hide column ${place}`, table, statements: [rename(column, hidden)], locks }, [
    undoTransaction(back),
  ]);
}

/**
 * The new version does not know the column: its inserts would fail while the column still asks for a value.
 *
 * @throws SegueError SEG0101
 */
function refuseRequired(table: Table, name: string, { catalog, entries }: LowerContext): void {
  const { notNull, default: given, identity, generated } = requireColumn(table, name);
  if (!notNull || given !== null || identity !== null || generated !== null) return;
  const helped = entries.some(({ spec }) => {
    if (spec.kind !== "sync" && spec.kind !== "drop_not_null" && spec.kind !== "replace_column") return false;
    const written = parseTableName(String(spec.fields["table"]), catalog.defaultSchema);
    if (relationKey(written) !== relationKey(table)) return false;
    const derived = [spec.fields["reverse"], spec.fields["fill"]].some((map) =>
      Object.hasOwn(Object(map ?? {}) as object, name),
    );
    return derived || spec.fields["column"] === name;
  });
  if (helped) return;
  throw new SegueError("SEG0101", {
    message: `${relationKey(table)}.${name} is NOT NULL without a default: the new version, which leaves it out, could not insert`,
    object: `${relationKey(table)}.${name}`,
    next: "add `drop_not_null` to expand, or a sync that derives it (`reverse` or `fill`)",
  });
}

/**
 * DROP COLUMN takes indexes and constraints with it in silence. What is about columns alone that the plan drops may go,
 * and is named; what other columns or objects need is refused.
 */
function refuseWhatWouldGo(table: Table, column: string, context: LowerContext): readonly string[] {
  const going = new Set(hiddenColumns(context, table).keys());
  const alone = new Set<string>();
  const shared: string[] = [];
  const sort = (columns: readonly string[], text: string): void => {
    if (!columns.includes(column)) return;
    if (columns.every((c) => c === column || going.has(c))) alone.add(text);
    else shared.push(text);
  };
  for (const member of [table, ...partitionsOf(context.catalog, table)]) {
    const where = member === table ? "" : ` of ${relationKey(member)}`;
    for (const index of member.indexes) {
      if (index.replicaIdentity && index.columns.includes(column))
        shared.push(`replica identity ${index.name}${where}`);
      else if (index.constraint === null && index.parent === null) sort(index.columns, `index ${index.name}${where}`);
    }
    for (const found of member.constraints) {
      if (found.kind !== "not null" && (member === table || !found.inherited))
        sort(found.columns, `constraint ${found.name}${where}`);
    }
    for (const statistics of member.statistics) sort(statistics.columns, `statistics ${statistics.name}${where}`);
  }
  for (const trigger of table.triggers) if (trigger.columns.includes(column)) shared.push(`trigger ${trigger.name}`);
  for (const dependent of table.dependents) {
    if (dependent.columns.includes(column) && !context.settings.ignore_dependents.includes(dependent.name)) {
      shared.push(`${dependent.kind} ${dependent.name}`);
    }
  }
  if (table.partitionKeyColumns.includes(column)) shared.push("the partition key");
  const { identity, otherSequences = [], sequence, sequenceUsers = [] } = requireColumn(table, column);
  for (const user of sequenceUsers) shared.push(`${user} needs a sequence that the column owns`);
  const owned = sequence === null || identity !== null ? otherSequences : [sequence, ...otherSequences];
  for (const name of owned) alone.add(`sequence ${relationKey(name)}`);
  if (shared.length === 0) return [...alone];
  throw new SegueError("SEG0102", {
    message: `${relationKey(table)}.${column} can't be dropped: other things need it`,
    object: `${relationKey(table)}.${column}`,
    problems: shared.map((message) => ({ message })),
    next: "change or drop these first, in an earlier plan; name what is harmless in settings.ignore_dependents",
  });
}
