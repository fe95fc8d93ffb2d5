import type { Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import { TARGET } from "../model/step.ts";
import { parseExpression, scalarToSql } from "../sql/expression.ts";
import { parseTableName } from "../sql/identifier.ts";
import { partitionsOf } from "./carry-family.ts";
import { requireTable } from "./catalog-lookup.ts";
import { SYNC_KINDS } from "./generated-key.ts";
import type { LowerContext } from "./step-kind.ts";

/** A table whose rows a plan changes, with what tells each of them from the others. */
export interface ChangeableRows {
  readonly table: Table;
  readonly key: readonly string[];
  readonly userTriggers: "fire" | "skip";
  /** Tells the entries of plans apart. */
  readonly seed: string;
  /** An expression of the plan over the row as `segue_target`. */
  render(scalar: string | number | boolean): string;
}

/**
 * The table of an entry that changes rows.
 *
 * @throws SegueError SEG0101, SEG0103 for a table whose rows can't be told apart or be changed, or whose syncs would be
 *   skipped together with the application's triggers
 */
export function changeableRows(
  fields: { readonly table: string },
  kind: string,
  { catalog, entries, plan, settings }: LowerContext,
): ChangeableRows {
  const table = requireTable(catalog, fields.table);
  const name = relationKey(table);
  const refuse = (message: string, next: string): SegueError =>
    new SegueError("SEG0103", { message: `${name} ${message}`, object: name, next });
  const key = table.constraints.find((constraint) => constraint.kind === "primary key")?.columns;
  if (key === undefined) {
    throw refuse(
      `has no primary key: nothing names its rows, so ${kind} could change one of them twice`,
      "give it a primary key in an earlier plan; for values that are the same however often they are set, a `fill` with `set` in an explicit backfill needs none",
    );
  }
  if (table.inheritanceChildren.length > 0)
    throw refuse("has inheritance children, whose rows the primary key does not tell apart", "change them by sql");
  const foreign = partitionsOf(catalog, table).find((partition) => partition.kind === "foreign");
  if (foreign !== undefined)
    throw refuse(`has a partition that is a foreign table, ${relationKey(foreign)}`, "change its rows where they are");
  const userTriggers = settings.backfill.user_triggers;
  const isSynced =
    table.triggers.some((trigger) => trigger.name.startsWith("zzz_segue_")) ||
    entries.some(
      ({ spec }) =>
        SYNC_KINDS.has(spec.kind) &&
        relationKey(parseTableName(String(spec.fields["table"]), catalog.defaultSchema)) === name,
    );
  if (userTriggers === "skip" && isSynced) {
    throw refuse(
      "is kept in sync by triggers, which `user_triggers: skip` would skip too",
      `leave the setting out, or let ${kind} be a plan of its own, after this one`,
    );
  }
  const columns = table.columns.map((column) => column.name);
  return {
    table,
    key,
    userTriggers,
    seed: `${plan}:${entries.findIndex(({ spec }) => spec.fields === fields)}`,
    render: (scalar) => parseExpression(scalarToSql(scalar), { table, columns }).render(TARGET),
  };
}

/** `plan` says which of the application's own triggers a change of rows sets off. */
export function firingTriggers({ table, userTriggers }: ChangeableRows, event: "update" | "delete"): string[] {
  const firing = table.triggers.filter((t) => t.events.includes(event) && t.enabled !== "disabled").map((t) => t.name);
  if (firing.length === 0) return [];
  const what =
    userTriggers === "skip"
      ? "do not fire for the rows"
      : "fire for each of the rows (settings.backfill.user_triggers: skip turns that off)";
  return [`triggers of ${relationKey(table)} ${what}: ${firing.join(", ")}`];
}
