import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import { SYNC_KINDS } from "./generated-key.ts";
import type { KeyColumn } from "./key-entries.ts";
import type { LowerContext } from "./step-kind.ts";

/**
 * A duplicate takes the place of a column of a key only where a sync keeps the two in step and a carry has built what hangs
 * on the old one.
 *
 * @param writers The operations that write these entries: `change_type and rename_column`.
 * @throws SegueError SEG0101 for a column that lacks one of them.
 */
export function requireCompanions(
  { kind, writers }: { readonly kind: string; readonly writers: string },
  columns: readonly KeyColumn[],
  { catalog, entries }: LowerContext,
): void {
  for (const { column, table } of columns) {
    const place = `${relationKey(table)}.${column}`;
    const own = entries.filter(
      ({ spec }) =>
        (SYNC_KINDS.has(spec.kind) || spec.kind === "carry") &&
        relationKey(parseTableName(String(spec.fields["table"]), catalog.defaultSchema)) === relationKey(table),
    );
    const synced = own.some(({ spec }) => SYNC_KINDS.has(spec.kind));
    if (synced && own.some(({ spec }) => spec.kind === "carry" && spec.fields["from"] === column)) continue;
    throw new SegueError("SEG0101", {
      message: `${kind}: the plan has no ${synced ? "carry" : "sync"} of ${place}`,
      object: place,
      next: `${writers} write all of these entries: segue plan --explain shows them`,
    });
  }
}
