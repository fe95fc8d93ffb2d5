import type { Catalog, Table } from "../model/catalog.ts";
import { uncarriable } from "../steps/carry-check.ts";
import { partitionsOf } from "../steps/carry-family.ts";
import { uncarriableError } from "../steps/uncarriable-error.ts";

/**
 * @param views Whether views follow to the duplicate.
 * @throws SegueError SEG0102 with everything that hangs on the column and that a duplicate can't take over.
 */
export function refuseUncarriable(catalog: Catalog, table: Table, column: string, views: "follow" | "stay"): void {
  const found = uncarriable(table, column, [], partitionsOf(catalog, table), views);
  if (found.length > 0) throw uncarriableError(table, column, found);
}
