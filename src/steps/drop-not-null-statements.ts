import type { Catalog, Table } from "../model/catalog.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { partitionsOf } from "./carry-family.ts";
import { onMember } from "./on-member.ts";

/**
 * DROP NOT NULL of a column on a table and its partitions. Up to 17 it reaches them by itself; from 18 on a partition
 * may have a constraint of its own besides, which stays.
 *
 * @param name What the column is called while the statements run, if not what the catalog says.
 */
export function dropNotNullStatements(catalog: Catalog, table: Table, column: string, name = column): string[] {
  const own = catalog.major < 18 ? [] : partitionsOf(catalog, table);
  return [table, ...own]
    .filter((member) => member.columns.some((candidate) => candidate.name === column && candidate.notNull))
    .flatMap((member) =>
      onMember(table, member, [`ALTER TABLE ${qualified(member)} ALTER COLUMN ${ident(name)} DROP NOT NULL`]),
    );
}
