import type { ExtendedStatistics, Table } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { hasExpressionKey, rewriteStatistics } from "../sql/definition.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import type { Carrying } from "./carry-indexes.ts";
import { copyName } from "./carry-names.ts";
import { nameOf } from "./catalog-lookup.ts";
import type { Draft } from "./step-kind.ts";
import { familyLocks, scanningTransaction, shortTransaction, type TransactionDraft } from "./transaction-draft.ts";

/** Copies the extended statistics objects that read the column. They go with it: no undo. */
export function carryStatistics({ family, from, plan, table, to }: Carrying): readonly Draft[] {
  return family.flatMap((member) =>
    member.statistics
      .filter((statistics) => statistics.columns.includes(from))
      .map((statistics) => {
        const name = { schema: statistics.schema, name: copyName(table, statistics.name, plan) };
        return shortTransaction(
          {
            title: `copy statistics ${relationKey(statistics)} to ${relationKey(member)}.${to}`,
            table,
            statements: [rewriteStatistics(statistics.definition, { from, to, name }), ...dress(statistics, name)],
            locks: [{ relation: nameOf(member), mode: "SHARE UPDATE EXCLUSIVE" }],
          },
          [],
        );
      }),
  );
}

/**
 * Gives extended statistics that read a column what their definition does not tell, again: ALTER … TYPE makes them anew,
 * without a target, as the property of whoever runs it (seen on 14 and 18).
 */
export function sameStatistics(family: readonly Table[], column: string): string[] {
  return family.flatMap((member) =>
    member.statistics.filter(({ columns }) => columns.includes(column)).flatMap((one) => dress(one, one)),
  );
}

/** What a definition does not tell. The owner goes last: whoever gives the object away may not touch it any more. */
function dress({ comment, owner, statisticsTarget }: ExtendedStatistics, name: RelationName): string[] {
  const alter = `ALTER STATISTICS ${qualified(name)}`;
  return [
    ...(statisticsTarget === undefined || statisticsTarget === null
      ? []
      : [`${alter} SET STATISTICS ${statisticsTarget}`]),
    ...(comment === undefined || comment === null
      ? []
      : [`COMMENT ON STATISTICS ${qualified(name)} IS ${literal(comment)}`]),
    ...(owner === undefined ? [] : [`${alter} OWNER TO ${ident(owner)}`]),
  ];
}

/**
 * Gives the planner statistics of a column that has none yet: a duplicate before anything reads it. With a list of columns ANALYZE leaves out
 * expressions of indexes and extended statistics: where there are such copies, it reads them all.
 */
export function analyze({
  family,
  from,
  table,
  to,
}: Pick<Carrying, "family" | "from" | "table" | "to">): TransactionDraft {
  const whole = family.some((member) => hasMore(member, from));
  return scanningTransaction({
    title: `analyze ${relationKey(table)}.${to}`,
    table,
    statements: [`ANALYZE ${qualified(table)}${whole ? "" : ` (${ident(to)})`}`],
    locks: familyLocks(table, "SHARE UPDATE EXCLUSIVE"),
  });
}

function hasMore(member: Table, from: string): boolean {
  return (
    member.statistics.some((statistics) => statistics.columns.includes(from)) ||
    member.indexes.some((index) => index.columns.includes(from) && hasExpressionKey(index.definition))
  );
}
