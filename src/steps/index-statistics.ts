import type { Index } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { qualified } from "../sql/identifier.ts";
import type { Carrying } from "./carry-indexes.ts";
import { copyName } from "./carry-names.ts";
import type { Draft } from "./step-kind.ts";
import { shortTransaction } from "./transaction-draft.ts";

/** The statistics targets of an index's expressions, put on the index that is now called `as`. */
export function indexStatistics(index: Index, as: RelationName): readonly string[] {
  return (index.statisticsTargets ?? []).map(
    ({ key, target }) => `ALTER INDEX ${qualified(as)} ALTER COLUMN ${key} SET STATISTICS ${target}`,
  );
}

/** Copies the statistics targets of indexes that read the column, in one transaction, before the copies are analysed. */
export function carryIndexStatistics({ family, from, plan, table }: Carrying): readonly Draft[] {
  const copies = family
    .flatMap((member) => member.indexes)
    .filter((index) => index.columns.includes(from) && (index.statisticsTargets ?? []).length > 0)
    .map((index) => ({ index, copy: { schema: index.schema, name: copyName(table, index.name, plan) } }));
  if (copies.length === 0) return [];
  return [
    shortTransaction(
      {
        title: `copy the statistics targets of indexes of ${relationKey(table)}`,
        table,
        statements: copies.flatMap(({ copy, index }) => indexStatistics(index, copy)),
        locks: copies.map(({ copy }) => ({ relation: copy, mode: "SHARE UPDATE EXCLUSIVE" as const })),
      },
      [],
    ),
  ];
}
