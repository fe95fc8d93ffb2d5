import type { Catalog, Column, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { partitionsOf } from "./carry-family.ts";
import { exclusiveLocks } from "./catalog-lookup.ts";
import { replacedColumns, syncedColumns } from "./contract-entries.ts";
import type { Draft, LowerContext } from "./step-kind.ts";
import { shortTransaction, undoTransaction } from "./transaction-draft.ts";

/**
 * One short ALTER that gives a column another default, or none. On a partitioned table it reaches every partition; an undo
 * gives each the one that it had.
 *
 * @param text The new default as SQL, null for none.
 */
export function changeDefault(catalog: Catalog, table: Table, column: Column, text: string | null): Draft {
  const place = `${relationKey(table)}.${column.name}`;
  const locks = exclusiveLocks(table);
  const set = (only: string, target: Table, value: string | null): string =>
    `ALTER TABLE ${only}${qualified(target)} ALTER COLUMN ${ident(column.name)} ${value === null ? "DROP DEFAULT" : `SET DEFAULT ${value}`}`;
  const others = differing(catalog, table, column);
  const statements = [set("", table, text)];
  const back = [set("", table, column.default), ...others.map(({ partition, own }) => set("ONLY ", partition, own))];
  return shortTransaction(
    { title: text === null ? `drop default of ${place}` : `set default of ${place}`, table, statements, locks },
    [undoTransaction({ title: `put back the default of ${place}`, table, statements: back, locks })],
  );
}

/** Partitions whose default is not the table's. Rows that come through the table get the table's. */
function differing(catalog: Catalog, table: Table, column: Column): { partition: Table; own: string | null }[] {
  return partitionsOf(catalog, table)
    .map((partition) => ({ partition, own: partition.columns.find((c) => c.name === column.name)?.default ?? null }))
    .filter(({ own }) => own !== column.default);
}

/** What `plan` says of partitions that lose a default of their own. */
export function replacedDefaults(catalog: Catalog, table: Table, column: Column): readonly string[] {
  return differing(catalog, table, column).map(
    ({ partition, own }) =>
      `partition ${relationKey(partition)} has ${own === null ? "no default" : `the default ${own}`} for ${column.name}, which is replaced too`,
  );
}

/** @throws SegueError SEG0103 for a column that can have no default of this kind, SEG0101 for one that the plan itself replaces. */
export function refuseDefault(table: Table, column: Column, context: LowerContext): void {
  const object = `${relationKey(table)}.${column.name}`;
  const refusal = (message: string, next?: string): SegueError =>
    new SegueError("SEG0103", { message: `${object} ${message}`, object, ...(next === undefined ? {} : { next }) });
  if (column.identity !== null) throw refusal("is an identity column: its values come from its sequence");
  if (column.generated !== null) throw refusal("is a generated column: its values come from its expression");
  if (table.inheritanceChildren.length > 0) {
    throw refusal(
      `has a default in the tables that inherit from ${relationKey(table)} too, which a reversal could not put back`,
      "Use an `sql` operation, with a `down`.",
    );
  }
  const replaced = replacedColumns(context, table).has(column.name);
  if (!replaced && !syncedColumns(context, table).has(column.name)) return;
  throw new SegueError("SEG0101", {
    message: `${object} is derived or replaced by this plan: with a default of its own an old writer's row would look like a new one's`,
    object,
    next: "Change the default in a plan of its own, before or after this one.",
  });
}
