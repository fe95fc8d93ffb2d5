import type { Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";

/**
 * For what the server builds over stored values alone: found here, before anything ran, and not when the backfill comes to it.
 *
 * @param what In the plural: `indexes`.
 * @throws SegueError SEG0103 for a generated column that is computed when it is read.
 */
export function refuseVirtual(what: string, columns: readonly string[], table: Table): void {
  const virtual = table.columns.find(({ generated, name }) => generated?.kind === "virtual" && columns.includes(name));
  if (virtual === undefined) return;
  const object = `${relationKey(table)}.${virtual.name}`;
  throw new SegueError("SEG0103", {
    message: `${object} is a virtual generated column: PostgreSQL has no ${what} over one`,
    object,
    next: "write its expression instead where an index can have one, or make the column a stored one",
  });
}
