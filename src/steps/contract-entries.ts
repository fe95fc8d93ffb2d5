import type { Table } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { deriveName, parseTableName } from "../sql/identifier.ts";
import { keyReplacements, type ReplaceKeyFields } from "./key-entries.ts";
import type { LowerContext } from "./step-kind.ts";
import { columnsOn, type ReplaceTypeFields } from "./type-entries.ts";

/** What a column is called between the cut-over and the drop. */
export function hiddenName(table: RelationName, column: string, plan: string): string {
  return deriveName("segue_old_", column, `${plan}:${relationKey(table)}`);
}

/** A column that the plan's contract hides, and the column that takes its place, if one does. */
interface Hiding {
  readonly column: string;
  readonly by: string | null;
  /** True if `by` takes over the name of the column. */
  readonly keepsName: boolean;
  /** True if each value of `by` is one of the column's. */
  readonly holdsAll?: boolean;
}

function hidings(context: LowerContext, table: RelationName): Hiding[] {
  const found: Hiding[] = [];
  for (const { phase, spec } of context.entries) {
    if (phase !== "contract") continue;
    if (spec.kind === "replace_key") {
      const fields = spec.fields as unknown as ReplaceKeyFields;
      const keepsName = fields.keep_name === true;
      const replaced = keyReplacements(fields, table, context.catalog.defaultSchema);
      found.push(...replaced.map(({ column, by }) => ({ column, by, keepsName })));
      continue;
    }
    if (spec.kind === "replace_type") {
      const replaced = columnsOn(spec.fields as unknown as ReplaceTypeFields, table, context.catalog.defaultSchema);
      found.push(...replaced.map((one) => ({ ...one, holdsAll: true })));
      continue;
    }
    const written = spec.fields["table"];
    if (typeof written !== "string") continue;
    if (relationKey(parseTableName(written, context.catalog.defaultSchema)) !== relationKey(table)) continue;
    const column = String(spec.fields["column"]);
    if (spec.kind === "drop_column") found.push({ column, by: null, keepsName: false });
    if (spec.kind === "replace_column") {
      found.push({ column, by: String(spec.fields["by"]), keepsName: spec.fields["keep_name"] === true });
    }
  }
  return found;
}

/** What the plan's contract makes of the table's column names at the cut-over: old names to hidden ones, shadows to the column's own. */
export function hiddenColumns(context: LowerContext, table: Table): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { column, by, keepsName } of hidings(context, table)) {
    names.set(column, hiddenName(table, column, context.plan));
    if (by !== null && keepsName) names.set(by, column);
  }
  return names;
}

/** The columns that the plan's contract hides, each with what takes its place; null for a column that is only dropped. */
export function replacingColumns(
  context: LowerContext,
  table: RelationName,
): ReadonlyMap<string, { readonly by: string; readonly keepsName: boolean } | null> {
  return new Map(
    hidings(context, table).map(({ by, column, keepsName }) => [column, by === null ? null : { by, keepsName }]),
  );
}

/** Columns that have a shadow under a name of Segue's own until the cut-over, or one whose every value they can hold. */
export function shadowsOf(context: LowerContext, table: Table): ReadonlySet<string> {
  return new Set(
    hidings(context, table)
      .filter((h) => h.keepsName || h.holdsAll === true)
      .map((h) => h.column),
  );
}

/** True if the contract drops a column of the table: its sync lives until then. */
export function isDroppedBy(context: LowerContext, table: Table): boolean {
  return hidings(context, table).length > 0;
}

/** Columns that the plan's contract hides, and those that take their place. */
export function replacedColumns(context: LowerContext, table: RelationName): ReadonlySet<string> {
  return new Set(hidings(context, table).flatMap(({ by, column }) => (by === null ? [column] : [column, by])));
}

/** Columns that the plan's sync derives for an old writer's rows: the new side. */
export function syncedColumns({ catalog, entries }: LowerContext, table: RelationName): ReadonlySet<string> {
  const syncs = entries.filter(
    ({ spec }) =>
      spec.kind === "sync" &&
      relationKey(parseTableName(String(spec.fields["table"]), catalog.defaultSchema)) === relationKey(table),
  );
  return new Set(syncs.flatMap(({ spec }) => Object.keys(spec.fields["forward"] ?? {})));
}
