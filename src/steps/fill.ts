import { z } from "zod";
import type { Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { columnName, sqlExpression, tableName } from "../model/fields.ts";
import type { Spec } from "../model/plan.ts";
import { relationKey } from "../model/relation.ts";
import type { RolloutSettings } from "../model/settings.ts";
import { type FillStep, ROW } from "../model/step.ts";
import { type Expression, parseExpression } from "../sql/expression.ts";
import { ident, parseTableName } from "../sql/identifier.ts";
import { scalarToSql } from "../sql/expression.ts";
import { rowImage } from "../sql/row-image.ts";
import { nameOf, requireColumn, requireTable } from "./catalog-lookup.ts";
import { assignable } from "./cast.ts";
import { expressionReads } from "./expression-reads.ts";
import { hiddenColumns } from "./contract-entries.ts";
import type { LowerContext, StepKind } from "./step-kind.ts";
import { syncNames } from "./sync.ts";
import { resolveSync, type Sync, type SyncFields } from "./sync-pairs.ts";
import { fillOf } from "./sync-verification.ts";

interface FillFields {
  readonly table: string;
  readonly set?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly where?: string | number | boolean | undefined;
}

/** Fills existing rows in batches: by the table's sync, or by a `set` and `where` of its own. */
export const fill: StepKind<FillFields> = {
  kind: "fill",
  fields: z
    .strictObject({
      table: tableName,
      set: z
        .record(columnName, sqlExpression)
        .optional()
        .describe("Without it, the table's sync is run over existing rows."),
      where: sqlExpression.optional().describe("Only these rows; with `set`."),
    })
    .describe("Fills existing rows in batches."),
  phases: ["backfill"],
  tables: (fields, schema) => [parseTableName(fields.table, schema)],
  touches: (fields, schema) =>
    Object.keys(fields.set ?? {}).map((column) => ({ table: parseTableName(fields.table, schema), column })),
  lower(fields, context) {
    const table = requireTable(context.catalog, fields.table);
    const { reads, ...work } = fields.set === undefined ? bySync(fields, context) : bySet(fields, context);
    return {
      reads: expressionReads(table, reads),
      backfill: [
        {
          kind: "fill",
          title: `fill ${relationKey(table)} (${work.set.map((s) => s.column).join(", ")})`,
          table: nameOf(table),
          ...work,
          userTriggers: context.settings.backfill.user_triggers,
          // A `set` of its own may write what the sync reads.
          ...(fields.set === undefined ? { syncTrigger: syncNames(nameOf(table), context.plan).trigger } : {}),
          undo: [],
        },
      ],
      warnings: firingTriggers(table, context.settings),
    };
  },
};

/** What the sync of the table reads, its own entry says. */
type Work = Pick<FillStep, "set" | "where" | "empty" | "sourced"> & { readonly reads: readonly Expression[] };

function bySync(fields: FillFields, context: LowerContext): Work {
  const table = requireTable(context.catalog, fields.table);
  const hidden = hiddenColumns(context, table);
  // The NULLs of a column that only goes are the old version's own: it is filled if there is nothing else to fill.
  const workOf = (sync: Sync): Omit<Work, "reads"> | null =>
    fillOf({ ...sync, fill: sync.fill.filter(({ column }) => !hidden.has(column)) }) ?? fillOf(sync);
  const found = context.entries.find(({ spec }) => isSyncOf(spec, fields.table, context.catalog.defaultSchema));
  const work = found === undefined ? null : workOf(resolveSync(found.spec.fields as unknown as SyncFields, table));
  if (work !== null) return { ...work, reads: [] };
  throw new SegueError("SEG0101", {
    message: `fill of ${relationKey(table)} has no \`set\`, and the plan has no sync with a \`forward\` or \`fill\` for the table`,
    object: relationKey(table),
  });
}

function isSyncOf(spec: Spec, table: string, schema: string): boolean {
  if (spec.kind !== "sync") return false;
  return (
    relationKey(parseTableName(String(spec.fields["table"]), schema)) === relationKey(parseTableName(table, schema))
  );
}

/** A row whose columns hold the values already is left alone: so a row is filled once, however often the fill runs. */
function bySet(fields: FillFields, context: LowerContext): Work {
  const table = requireTable(context.catalog, fields.table);
  const columns = table.columns.map((c) => c.name);
  const parsed = (scalar: string | number | boolean): Expression =>
    parseExpression(scalarToSql(scalar), { table, columns });
  const values = Object.entries(fields.set ?? {}).map(([column, scalar]) => ({ column, expression: parsed(scalar) }));
  const set = values.map(({ column, expression }) => ({
    column,
    value: assignable(expression.render(ROW), requireColumn(table, column).type),
  }));
  const row = rowImage(set.map(({ column }) => `${ROW}.${ident(column)}`));
  const differs = `${row} *<> ${rowImage(set.map(({ value }) => value))}`;
  const condition = fields.where === undefined ? null : parsed(fields.where);
  return {
    set,
    where: condition === null ? differs : `(${condition.render(ROW)}) AND ${differs}`,
    reads: [...values.map(({ expression }) => expression), ...(condition === null ? [] : [condition])],
  };
}

/** `plan` says which of the application's own triggers the fill sets off. */
export function firingTriggers(table: Table, { backfill }: RolloutSettings): readonly string[] {
  const firing = table.triggers
    .filter((t) => t.events.includes("update") && t.enabled !== "disabled")
    .map((t) => t.name);
  if (firing.length === 0) return [];
  const skipped = backfill.user_triggers === "skip";
  const what = skipped
    ? "do not fire for filled rows"
    : "fire for every filled row (settings.backfill.user_triggers: skip turns that off)";
  return [`triggers of ${relationKey(table)} ${what}: ${firing.join(", ")}`];
}
