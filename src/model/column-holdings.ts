import type { Catalog, Column, Table } from "./catalog.ts";
import { relationKey, type RelationName } from "./relation.ts";

/** Something that goes with a column when it goes, as people read it. */
export interface Holding {
  readonly what: string;
  /** The table, or the partition of it, by relationKey. */
  readonly on: string;
  /** It came from a parent table or index, and is told of there. */
  readonly inherited: boolean;
}

/**
 * What goes with a column: the indexes, constraints and statistics that read it, on the table and on its partitions, and
 * what the column itself has. None if it does not exist. Views and the like are dependents, not holdings.
 */
export function columnHoldings(catalog: Catalog, name: RelationName, column: string): readonly Holding[] {
  const table = catalog.tables[relationKey(name)];
  const found = table?.columns.find((candidate) => candidate.name === column);
  if (table === undefined || found === undefined) return [];
  const partitions = table.partitions.flatMap((partition) => catalog.tables[relationKey(partition.name)] ?? []);
  return [...[table, ...partitions].flatMap((member) => objects(member, column)), ...own(table, found)];
}

function objects(table: Table, column: string): Holding[] {
  const read = table.indexes.filter((index) => index.columns.includes(column));
  const constraints = table.constraints.filter(
    ({ columns, kind, name }) =>
      kind !== "not null" && (columns.includes(column) || read.some((index) => index.constraint === name)),
  );
  const statistics = table.statistics.filter((one) => one.columns.includes(column));
  const on = relationKey(table);
  return [
    ...read
      .filter((index) => index.constraint === null)
      .map((index) => ({ what: `index ${relationKey(index)}`, on, inherited: index.parent !== null })),
    ...constraints.map(({ inherited, name }) => ({ what: `constraint ${name} of ${on}`, on, inherited })),
    ...statistics.map((one) => ({ what: `statistics ${relationKey(one)}`, on, inherited: false })),
  ];
}

function own(table: Table, { comment, default: given, grants, notNull, options, statisticsTarget }: Column): Holding[] {
  const whats = [
    ...(notNull ? ["NOT NULL"] : []),
    ...(given === null ? [] : [`default ${given}`]),
    ...(comment === null ? [] : [`comment ${JSON.stringify(comment)}`]),
    ...(statisticsTarget === null ? [] : [`statistics target ${statisticsTarget}`]),
    ...options.map((option) => `option ${option}`),
    ...grants.map(
      ({ grantable, grantee, privilege }) =>
        `grant of ${privilege} to ${grantee}${grantable ? " with grant option" : ""}`,
    ),
  ];
  return whats.map((what) => ({ what, on: relationKey(table), inherited: false }));
}
