import type { Column, Dependent, Table } from "../model/catalog.ts";
import type { TableLock } from "../model/lock.ts";
import { parseTableName } from "../sql/identifier.ts";

/** True for a view that can be made to read another column of the same type. */
export function canFollow({ kind, obstacle }: Dependent): boolean {
  return kind === "view" && obstacle === undefined;
}

/**
 * Whether views `follow` from a column to its duplicate, or `stay` in its way: CREATE OR REPLACE VIEW lets no column of
 * the view have another type or collation than it had.
 */
export function viewsOf(
  old: Pick<Column, "type" | "collation">,
  duplicate: Pick<Column, "type" | "collation">,
): "follow" | "stay" {
  return old.type === duplicate.type && old.collation === duplicate.collation ? "follow" : "stay";
}

/** The views that follow from a column to its duplicate, by their names as SQL writes them. */
function followers(table: Table, column: string): readonly string[] {
  return table.dependents.filter((one) => one.columns.includes(column) && canFollow(one)).map(({ name }) => name);
}

/** What making them follow locks besides the table. */
export function followerLocks(table: Table, column: string): readonly TableLock[] {
  return followers(table, column).map((name) => ({
    relation: parseTableName(name, table.schema),
    mode: "ACCESS EXCLUSIVE",
    alongside: true,
  }));
}

/** What `plan` says of views that follow. */
export function followerWarnings(table: Table, column: string, by: string): readonly string[] {
  return followers(table, column).map(
    (name) => `view ${name} reads ${by} in place of ${column} from the cut-over on, which locks it for a moment`,
  );
}
