import type { Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import { qualified } from "../sql/identifier.ts";
import { dollarQuote, literal } from "../sql/literal.ts";

/**
 * Statements of a cut-over, or of its reversal, about one member of a table's family. Old partitions are dropped and
 * detached on any day: what is about one that is gone is left out, or the rollout could neither go on nor back. Behind
 * the strong lock of the table, which no partition comes to or goes from meanwhile.
 */
export function onMember(table: Table, member: Table, statements: readonly string[]): readonly string[] {
  if (statements.length === 0 || relationKey(member) === relationKey(table)) return statements;
  const name = (relation: Table): string => literal(qualified(relation));
  return [
    `DO ${dollarQuote(`
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_partition_tree(${name(table)}) WHERE relid = pg_catalog.to_regclass(${name(member)})) THEN
${statements.map((statement) => `    ${statement};`).join("\n")}
  END IF;
END
`)}`,
  ];
}
