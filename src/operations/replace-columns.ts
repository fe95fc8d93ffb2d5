import { z } from "zod";
import { type Catalog, type Column, type Question, type Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { columnName, references, sqlExpression, tableName, typeName } from "../model/fields.ts";
import type { Spec } from "../model/plan.ts";
import { relationKey } from "../model/relation.ts";
import { type Expression, parseExpression, scalarToSql } from "../sql/expression.ts";
import { parseTableName } from "../sql/identifier.ts";
import { addColumnStep } from "../steps/add-column.ts";
import { requireColumn, requireNoColumn, requireTable, withTable } from "../steps/catalog-lookup.ts";
import { nameQuestions } from "../steps/free-of-path.ts";
import { columnObjects, usesColumns } from "../steps/schema-objects.ts";
import { resolveSync } from "../steps/sync-pairs.ts";
import { columnBefore, unknownColumn } from "./add-again.ts";
import { columnConstraints } from "./column-constraints.ts";
import type { Operation } from "./operation.ts";

const added = z
  .strictObject({
    type: typeName,
    from: sqlExpression.describe("The new value from the old row."),
    nullable: z.boolean().optional().describe("Default true. `false` holds from the cut-over on."),
    default: sqlExpression
      .optional()
      .describe("What a new writer's row gets that leaves the column out; the column's default from the cut-over on."),
    check: sqlExpression.optional().describe("A check of the column's values, validated before the rollout is ready."),
    references: references.optional(),
    unique: z.boolean().optional(),
    comment: z.string().optional(),
    collation: z.string().optional().describe('As SQL writes it: `"C"`.'),
  })
  .describe("A column of the new shape.");
const removed = z
  .strictObject({ from: sqlExpression.describe("The old value from the new row.") })
  .describe("A column of the old shape.");
const atLeastOne = { error: "at least one column is needed" };

const fields = z
  .strictObject({
    table: tableName,
    add: z.record(columnName, added).refine((columns) => Object.keys(columns).length > 0, atLeastOne),
    remove: z.record(columnName, removed).refine((columns) => Object.keys(columns).length > 0, atLeastOne),
  })
  .describe("Replaces columns by others that hold the same in another shape: a split, a merge, any reshaping.");
type ReplaceColumnsFields = z.infer<typeof fields>;

/**
 * Columns go and others come that say the same: each side is derived from the other, so that versions of the application
 * which know only one of them can write. Nothing that hangs on a column that goes is copied.
 */
export const replaceColumns: Operation<ReplaceColumnsFields> = {
  kind: "replace_columns",
  fields,
  tables: ({ table, add }, schema) => [
    parseTableName(table, schema),
    ...Object.values(add).flatMap((one) =>
      one.references === undefined ? [] : [parseTableName(one.references.table, schema)],
    ),
  ],
  touches: ({ table, add, remove }, schema) =>
    [...Object.keys(add), ...Object.keys(remove)].map((column) => ({ table: parseTableName(table, schema), column })),
  effects: ({ table, add, remove }, schema) => ({
    ...usesColumns(table, schema),
    removes: columnObjects(table, schema, Object.keys(remove)),
    creates: columnObjects(table, schema, Object.keys(add)),
  }),
  questions: ({ add, remove }): readonly Question[] => [
    ...Object.values(add).map(({ type }) => ({ ask: "type" as const, type })),
    ...nameQuestions([
      ...Object.values(add).flatMap((one) => [one.from, one.default]),
      ...Object.values(remove).map((one) => one.from),
    ]),
  ],
  compile(written, catalog) {
    refuseUnfit(written, catalog);
    const { table, add, remove } = written;
    const from = (columns: Readonly<Record<string, { from: string | number | boolean }>>) =>
      Object.fromEntries(Object.entries(columns).map(([column, one]) => [column, one.from]));
    const defaults = Object.entries(add).flatMap(([column, one]) =>
      one.default === undefined ? [] : [[column, one.default]],
    );
    return {
      expand: [
        ...addEntries(written),
        {
          kind: "sync",
          fields: {
            table,
            forward: from(add),
            reverse: from(remove),
            ...(defaults.length === 0 ? {} : { defaults: Object.fromEntries(defaults) as Record<string, unknown> }),
          },
        },
      ],
      backfill: [
        { kind: "fill", fields: { table } },
        ...Object.entries(add).flatMap(([column, one]) => columnConstraints({ table, column, ...one })),
      ],
      contract: [
        ...Object.entries(add).flatMap(([column, one]): Spec[] =>
          one.nullable === false ? [{ kind: "set_not_null", fields: { table, column } }] : [],
        ),
        ...Object.keys(remove).map((column) => ({ kind: "drop_column", fields: { table, column } })),
      ],
    };
  },
  after(written, catalog) {
    const table = withAdded(written, catalog);
    const columns = table.columns
      .filter(({ name }) => !Object.hasOwn(written.remove, name))
      .map((column) => (written.add[column.name]?.nullable === false ? { ...column, notNull: true } : column));
    return withTable(catalog, { ...table, columns });
  },
  inverse({ table, add, remove }, before) {
    const again: [string, Record<string, unknown>][] = [];
    for (const [name, { from }] of Object.entries(remove)) {
      const old = columnBefore(before, table, name);
      if (old === null) return unknownColumn(table, name);
      again.push([name, { ...asItWas(old), from }]);
    }
    const back = Object.entries(add).map(([name, { from }]) => [name, { from }]);
    return {
      operations: [
        {
          kind: "replace_columns",
          fields: { table, add: Object.fromEntries(again), remove: Object.fromEntries(back) as Spec["fields"] },
        },
      ],
      lost: Object.keys(remove).map((name) => `the indexes and constraints of ${table}.${name}`),
    };
  },
};

function addEntries({ table, add }: ReplaceColumnsFields): readonly Spec[] {
  return Object.entries(add).map(([column, { type, collation, comment }]) => ({
    kind: "add_column",
    fields: {
      table,
      column,
      type,
      ...(collation === undefined ? {} : { collation }),
      ...(comment === undefined ? {} : { comment }),
    },
  }));
}

/** The table with both sides. */
function withAdded(written: ReplaceColumnsFields, catalog: Catalog): Table {
  const next = addEntries(written).reduce((now, spec) => addColumnStep.after(spec.fields as never, now), catalog);
  return requireTable(next, written.table);
}

function asItWas(old: Column): Record<string, unknown> {
  return {
    type: old.type,
    ...(old.collation === null ? {} : { collation: old.collation }),
    ...(old.comment === null ? {} : { comment: old.comment }),
    // An owned sequence went with its column.
    ...(old.default === null || old.sequence !== null ? {} : { default: old.default }),
    ...(old.notNull ? { nullable: false } : {}),
  };
}

/** @throws SegueError SEG0101, SEG0103, SEG0004 */
function refuseUnfit(written: ReplaceColumnsFields, catalog: Catalog): void {
  const table = requireTable(catalog, written.table);
  for (const name of Object.keys(written.remove)) refuseUnremovable(table, name);
  for (const name of Object.keys(written.add)) requireNoColumn(table, name);
  const both = withAdded(written, catalog);
  const columns = both.columns.map(({ name }) => name);
  const parsed = (side: ReplaceColumnsFields["add"] | ReplaceColumnsFields["remove"]) =>
    Object.entries(side).map(([name, { from }]): [string, Expression] => [
      name,
      parseExpression(scalarToSql(from), { table, columns }),
    ]);
  const forward = parsed(written.add);
  const reverse = parsed(written.remove);
  for (const [side, derived] of [
    ["add", forward],
    ["remove", reverse],
  ] as const) {
    for (const [name, { columns: reads }] of derived) {
      const own = reads.find((column) => Object.hasOwn(written[side], column));
      if (own !== undefined) throw ownSide(table, name, own, side);
    }
  }
  for (const [name, { columns: reads }] of reverse) {
    const isRead = forward.some(([, expression]) => expression.columns.includes(name));
    if (!isRead && !reads.some((column) => Object.hasOwn(written.add, column))) throw unconnected(table, name);
  }
  resolveSync(
    {
      table: written.table,
      forward: Object.fromEntries(Object.entries(written.add).map(([name, { from }]) => [name, from])),
      reverse: Object.fromEntries(Object.entries(written.remove).map(([name, { from }]) => [name, from])),
    },
    both,
  );
}

/** @throws SegueError SEG0101, SEG0103 */
function refuseUnremovable(table: Table, name: string): void {
  const object = `${relationKey(table)}.${name}`;
  const { identity } = requireColumn(table, name);
  const refuse = (what: string, next: string): never => {
    throw new SegueError("SEG0103", { message: `${object} ${what}`, object, next });
  };
  if (identity !== null)
    refuse("is an identity column: its value can't be derived", "keep it, or drop the identity in an earlier plan");
  if (table.constraints.some((c) => c.kind === "primary key" && c.columns.includes(name)))
    refuse(
      "is in the primary key: the table would be left without one",
      "keep the column, or give the table another primary key in an earlier plan",
    );
}

function ownSide(table: Table, name: string, read: string, side: "add" | "remove"): SegueError {
  const object = `${relationKey(table)}.${name}`;
  return new SegueError("SEG0101", {
    message:
      side === "add"
        ? `\`from\` of ${object} reads ${read}, which comes with it: a new column is derived from what was there before`
        : `\`from\` of ${object} reads ${read}, which goes with it: an old column is derived from what stays`,
    object,
  });
}

function unconnected(table: Table, name: string): SegueError {
  const object = `${relationKey(table)}.${name}`;
  return new SegueError("SEG0101", {
    message: `${object} and the columns that are added don't derive each other: nothing tells which side a writer changed`,
    object,
    next: "take it out of `remove`, and let a drop_column with a `fill` remove it",
  });
}
