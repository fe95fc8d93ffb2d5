import type { Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import { preparedStatementsFail } from "./alter-type.ts";
import { followerWarnings } from "./following-views.ts";
import type { ColumnSwap } from "./key-column-swap.ts";

interface KeyChange {
  readonly keepsName: boolean;
  readonly swaps: readonly ColumnSwap[];
  readonly tables: readonly Table[];
}

/** What `plan` says of a key that is replaced, with what references it. */
export function keyWarnings({ keepsName, swaps, tables }: KeyChange): readonly string[] {
  const places = swaps.map(({ replaced: { column, table } }) => `${relationKey(table)}.${column}`);
  const changed = [...new Set(swaps.map(({ replaced }) => relationKey(replaced.table)))];
  return [
    `the cut-over locks ${tables.map(relationKey).join(", ")} for a moment, in one transaction`,
    ...changed.map(
      (table) =>
        `the new column stands at the end of ${table}: a positional INSERT and \`select *\` see that, and a prepared \`select *\` fails once`,
    ),
    ...(keepsName
      ? [
          `both application versions see the old type of ${places.join(", ")} until the cut-over and the new one after it: they must tolerate both`,
          ...places.map(preparedStatementsFail),
        ]
      : []),
    ...swaps.flatMap(({ final, follows, replaced: { column, table } }) =>
      follows ? followerWarnings(table, column, final) : [],
    ),
  ];
}
