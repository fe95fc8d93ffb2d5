import type { Catalog, Constraint, Dependent, Index, Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import { rewriteConstraint, rewriteIndexDefinition, rewriteStatistics } from "../sql/definition.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { isPartitioned, partitionsOf, readsColumn } from "./carry-family.ts";
import type { KeyColumn } from "./key-entries.ts";
import { foreignKeysTo, holders } from "./key-foreign-keys.ts";

/**
 * A table and its partitions as `carry` and the names' exchange see them for one column of a key that is replaced: without
 * what the cut-over itself takes care of (the primary key, whose index is copied as a plain one; foreign keys to the
 * columns that are replaced; identity), and without what an earlier of these columns has taken along. What reads a later
 * one too is rewritten for it. For a column of no key: as they are.
 */
export function familyWithoutKey(
  catalog: Catalog,
  table: Table,
  column: string,
  columns: readonly KeyColumn[],
): readonly Table[] {
  const family = [table, ...partitionsOf(catalog, table)];
  const own = columns.filter((replaced) => relationKey(replaced.table) === relationKey(table));
  const at = own.findIndex((replaced) => replaced.column === column);
  if (at === -1) return family;
  const handled = foreignKeysTo(catalog, columns);
  const view: View = {
    column,
    earlier: own.slice(0, at).map((replaced) => replaced.column),
    later: own.slice(at + 1).map(({ column: from, by: to }) => ({ from, to })),
    handled: new Set(handled.flatMap((key) => [...holders(catalog, key).values()])),
    moved: new Set(handled.map(({ constraint, member }) => `${ident(constraint.name)} on ${qualified(member)}`)),
  };
  return family.map((member) => seen(view, member));
}

/** The catalog with these tables in place of its own. */
export function withFamily(catalog: Catalog, family: readonly Table[]): Catalog {
  const tables = Object.fromEntries(family.map((member) => [relationKey(member), member]));
  return { ...catalog, tables: { ...catalog.tables, ...tables } };
}

interface View {
  readonly column: string;
  readonly earlier: readonly string[];
  readonly later: readonly { readonly from: string; readonly to: string }[];
  readonly handled: ReadonlySet<Constraint>;
  /** The foreign keys that are handled, as dependents are named. */
  readonly moved: ReadonlySet<string>;
}

function seen(view: View, member: Table): Table {
  const taken = (columns: readonly string[]): boolean => columns.some((column) => view.earlier.includes(column));
  return {
    ...member,
    columns: member.columns.map((column) => (column.name === view.column ? { ...column, identity: null } : column)),
    constraints: member.constraints
      .filter((constraint) => constraint.kind !== "primary key" && !view.handled.has(constraint))
      .filter((constraint) => !view.earlier.some((column) => readsColumn(member, constraint, column)))
      .map((constraint) => rewritten(view, constraint)),
    indexes: member.indexes
      .filter((index) => !taken(index.columns) && !(index.primary && isPartitioned(member)))
      .map((index) => rewrittenIndex(view, index)),
    statistics: member.statistics
      .filter(({ columns }) => !taken(columns))
      .map((statistics) => ({
        ...statistics,
        definition: view.later.reduce(
          (definition, { from, to }) => rewriteStatistics(definition, { from, to, name: statistics }),
          statistics.definition,
        ),
        columns: replaced(view, statistics.columns),
      })),
    dependents: member.dependents.filter((dependent) => !isMoved(view, dependent)),
  };
}

function isMoved({ moved }: View, { kind, name }: Dependent): boolean {
  return kind === "foreign key" && moved.has(name);
}

function rewritten(view: View, constraint: Constraint): Constraint {
  const reads = view.later.filter(({ from }) => constraint.columns.includes(from));
  if (reads.length === 0 || constraint.kind === "not null") return constraint;
  return {
    ...constraint,
    definition: reads.reduce((definition, change) => rewriteConstraint(definition, change), constraint.definition),
    columns: replaced(view, constraint.columns),
  };
}

/** The copy of a primary key's index is a plain unique one, and attached to none: so the new key can take it over. */
function rewrittenIndex(view: View, index: Index): Index {
  const reads = view.later.filter(({ from }) => index.columns.includes(from));
  const { name } = index;
  const definition = reads.reduce(
    (text, { from, to }) => rewriteIndexDefinition(text, { from, to, name, concurrently: false }),
    index.definition,
  );
  const copied = { ...index, definition, columns: replaced(view, index.columns) };
  return index.primary ? { ...copied, parent: null, replicaIdentity: false, clustered: false } : copied;
}

function replaced({ later }: View, columns: readonly string[]): readonly string[] {
  return columns.map((column) => later.find(({ from }) => from === column)?.to ?? column);
}
