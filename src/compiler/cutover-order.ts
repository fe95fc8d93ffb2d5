import { relationKey } from "../model/relation.ts";
import type { Lowered } from "../steps/step-kind.ts";

/**
 * The entries in the order of the cut-over. What completes a duplicate stands before the cut-over to it. A sync flips in the
 * transaction that renames the columns, so nothing may stand between the two, nor between two columns of one table: a
 * function that names columns as they are not called yet would fail every write.
 */
export function cutoverOrder(lowered: readonly Lowered[]): readonly Lowered[] {
  const copies = lowered.filter((entry) => entry.backfill !== undefined);
  const rest = lowered.filter((entry) => entry.backfill === undefined);
  const hidden = new Set(rest.flatMap((entry) => hiddenTable(entry) ?? []));
  const flips = (table: string, entry: Lowered): boolean => syncedTable(entry) === table;
  const placed = new Set<string>();
  const ordered = rest.flatMap((entry): readonly Lowered[] => {
    const synced = syncedTable(entry);
    if (synced !== null && hidden.has(synced)) return [];
    const table = hiddenTable(entry);
    if (table === null) return [entry];
    if (placed.has(table)) return [];
    placed.add(table);
    return [...rest.filter((other) => flips(table, other)), ...rest.filter((other) => hiddenTable(other) === table)];
  });
  return [...copies, ...ordered];
}

/** The table whose columns the entry hides. */
function hiddenTable({ hides }: Lowered): string | null {
  const table = hides?.[0]?.table;
  return table === undefined ? null : relationKey(table);
}

/** The table whose sync the entry is. */
function syncedTable({ watches }: Lowered): string | null {
  const table = watches?.[0]?.table;
  return table === undefined ? null : relationKey(table);
}
