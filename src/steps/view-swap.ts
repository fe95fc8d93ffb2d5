import type { Table } from "../model/catalog.ts";
import type { Swap } from "./carry-renames.ts";
import { replacingColumns } from "./contract-entries.ts";
import { followViews } from "./follow-views.ts";
import { lockViews } from "./lock-views.ts";
import type { LowerContext } from "./step-kind.ts";

/** A column that views read until the cut-over, and its duplicate of the same type. */
interface Replaced {
  readonly column: string;
  readonly by: string;
  /** What the old column and the duplicate are called after the cut-over. */
  readonly hidden: string;
  readonly final: string;
}

/** Views follow to the duplicate, and back: both while the columns have the names that the cut-over gives them. */
export function viewSwap(table: Table, { by, column, final, hidden }: Replaced, { settings }: LowerContext): Swap {
  const common = { table, ignore: settings.ignore_dependents };
  return {
    apply: [followViews({ ...common, from: hidden, to: final, known: [column] })],
    // By the new name, too, views were made over the duplicate: it goes, so they follow as well.
    undo: [followViews({ ...common, from: final, to: hidden, known: final === column ? [column] : [column, by] })],
  };
}

/**
 * Locks the views of all columns of the table that the plan replaces, before the cut-over and before the way back: with
 * the first of these the table is locked.
 */
export function viewLocks(table: Table, context: LowerContext): Swap {
  const replaced = [...replacingColumns(context, table)].flatMap(([column, to]) =>
    to === null ? [] : [{ column, final: to.keepsName ? column : to.by }],
  );
  const lock = (columns: readonly string[]): readonly string[] =>
    columns.length === 0 ? [] : [lockViews(table, columns)];
  return { apply: lock(replaced.map(({ column }) => column)), undo: lock(replaced.map(({ final }) => final)) };
}
