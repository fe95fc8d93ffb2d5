import type { Catalog, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import { partitionsOf } from "../steps/carry-family.ts";
import { uncarriable } from "../steps/carry-check.ts";

/** @throws SegueError SEG0102 with everything that hangs on the column and that a duplicate can't take over. */
export function refuseUncarriable(catalog: Catalog, table: Table, column: string): void {
  const found = uncarriable(table, column, [], partitionsOf(catalog, table));
  if (found.length === 0) return;
  throw new SegueError("SEG0102", {
    message: `${relationKey(table)}.${column} can't be replaced: ${found.length === 1 ? "this hangs" : `these ${found.length} hang`} on it and can't be carried over`,
    object: `${relationKey(table)}.${column}`,
    problems: found.map((message) => ({ message })),
    next: "change or drop these in an earlier plan and create them again in a later one; name what is harmless in settings.ignore_dependents",
  });
}
