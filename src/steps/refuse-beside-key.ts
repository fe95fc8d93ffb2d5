import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import type { LowerContext } from "./step-kind.ts";

/** Entries that change at the cut-over what a change of a key changes, or take the place of a key themselves. */
const CHANGING: ReadonlySet<string> = new Set([
  "replace_key",
  "move_primary_key",
  "replace_column",
  "drop_column",
  "add_primary_key",
  // What its reversal would lose is told by the key as it was called before.
  "drop_not_null",
]);

interface WithTables {
  readonly table: string;
  readonly referencing?: readonly { readonly table: string }[] | undefined;
}

/**
 * A key is changed in one transaction over all of its tables. Between two cut-overs of one table its sync would speak of
 * columns that are not there, so no other one can stand in the same plan.
 *
 * @throws SegueError SEG0102
 */
export function refuseBesideKey(kind: string, fields: WithTables, { catalog, entries }: LowerContext): void {
  const tablesOf = ({ referencing = [], table }: WithTables): string[] =>
    [table, ...referencing.map((one) => one.table)].map((written) =>
      relationKey(parseTableName(written, catalog.defaultSchema)),
    );
  const mine = new Set(tablesOf(fields));
  const other = entries.find(({ spec }) => {
    if (!CHANGING.has(spec.kind) || (spec.fields as unknown) === fields) return false;
    return tablesOf(spec.fields as unknown as WithTables).some((table) => mine.has(table));
  });
  if (other === undefined) return;
  const written = String(other.spec.fields["table"]);
  throw new SegueError("SEG0102", {
    message: `the key of ${fields.table} is changed in one transaction with all that references it: \`${other.spec.kind}\` of ${written} can't stand in the same plan`,
    object: `${fields.table}: ${kind}`,
    next: "make it a plan of its own, before or after this one",
  });
}
