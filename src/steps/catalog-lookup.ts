import type { Catalog, Column, Constraint, Index, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";

/** The table as the plan writes it, from the catalog. @throws SegueError SEG0101 if there is none, SEG0103 if it is no table. */
export function requireTable(catalog: Catalog, written: string): Table {
  const name = parseTableName(written, catalog.defaultSchema);
  const table = catalog.tables[relationKey(name)];
  if (table === undefined) {
    throw new SegueError("SEG0101", {
      message: `table ${relationKey(name)} does not exist`,
      object: relationKey(name),
    });
  }
  if (table.kind !== "table" && table.kind !== "partitioned") {
    const what =
      table.kind === "partition" ? "a partition: name its parent in the plan" : `a ${table.kind}, not a table`;
    throw new SegueError("SEG0103", { message: `${relationKey(name)} is ${what}`, object: relationKey(name) });
  }
  if (table.persistence === "temporary") {
    throw new SegueError("SEG0103", {
      message: `${relationKey(name)} is a temporary table`,
      object: relationKey(name),
    });
  }
  return table;
}

/** The column, by its literal name. @throws SegueError SEG0101 with what the table has. */
export function requireColumn(table: Table, name: string): Column {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) {
    throw new SegueError("SEG0101", {
      message: `column ${relationKey(table)}.${name} does not exist; the table has ${table.columns.map((c) => c.name).join(", ")}`,
      object: `${relationKey(table)}.${name}`,
    });
  }
  return column;
}

const SYSTEM_COLUMNS = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/** @throws SegueError SEG0101 if the table has a column of that name already, as every table has the server's own. */
export function requireNoColumn(table: Table, name: string): void {
  if (SYSTEM_COLUMNS.includes(name)) {
    throw new SegueError("SEG0101", {
      message: `${relationKey(table)} can't have a column ${name}: every table has one of the server's own by that name`,
      object: `${relationKey(table)}.${name}`,
    });
  }
  if (!table.columns.some((column) => column.name === name)) return;
  throw new SegueError("SEG0101", {
    message: `column ${relationKey(table)}.${name} already exists`,
    object: `${relationKey(table)}.${name}`,
  });
}

/** The index of the table, by its literal name. @throws SegueError SEG0101 with what the table has. */
export function requireIndex(table: Table, name: string): Index {
  const index = table.indexes.find((candidate) => candidate.name === name);
  if (index !== undefined) return index;
  throw missing(table, "index", name, table.indexes);
}

/** The constraint of the table, by its literal name. @throws SegueError SEG0101 with what the table has. */
export function requireConstraint(table: Table, name: string): Constraint {
  const constraint = table.constraints.find((candidate) => candidate.name === name);
  if (constraint !== undefined) return constraint;
  throw missing(table, "constraint", name, table.constraints);
}

function missing(table: Table, what: string, name: string, known: readonly { readonly name: string }[]): SegueError {
  const names = known.map((one) => one.name).join(", ");
  return new SegueError("SEG0101", {
    message: `${what} ${name} of ${relationKey(table)} does not exist; the table has ${names === "" ? "none" : names}`,
    object: relationKey(table),
  });
}

/**
 * For what adds, drops or changes columns.
 *
 * @param column The one that is dropped or changed: in inheriting tables too, whose indexes and settings of it nobody has read.
 * @throws SegueError SEG0103 where the columns are not the table's own: a typed table has its type's, a child its parent's.
 */
export function requireOwnColumns(table: Table, column?: Column): void {
  const foreign = typed(table) ?? (column === undefined ? null : shared(table, column));
  if (foreign === null) return;
  throw new SegueError("SEG0103", { message: foreign, object: relationKey(table) });
}

function typed(table: Table): string | null {
  const { ofType = null } = table;
  return ofType === null ? null : `${relationKey(table)} has the columns of type ${ofType}: change them there`;
}

function shared(table: Table, column: Column): string | null {
  const [child] = table.inheritanceChildren;
  if (child !== undefined) return `table ${relationKey(child)} inherits from ${relationKey(table)}`;
  if (!column.inherited) return null;
  const parent = table.parent === null ? "another table" : relationKey(table.parent);
  return `${relationKey(table)} inherits the column from ${parent}: change it there`;
}

/** The catalog with one table replaced. */
export function withTable(catalog: Catalog, table: Table): Catalog {
  return { ...catalog, tables: { ...catalog.tables, [relationKey(table)]: table } };
}

/** The catalog with a table's column changed. */
export function withColumn(catalog: Catalog, table: RelationName, name: string, change: Partial<Column>): Catalog {
  const found = catalog.tables[relationKey(table)];
  if (found === undefined) return catalog;
  const columns = found.columns.map((column) => (column.name === name ? { ...column, ...change } : column));
  return withTable(catalog, { ...found, columns });
}

/** ACCESS EXCLUSIVE on a table and, for a partitioned one, on every partition: what most ALTER TABLE forms take. */
export function exclusiveLocks(table: Table): readonly { relation: RelationName; mode: "ACCESS EXCLUSIVE" }[] {
  return [table, ...table.partitions.map((partition) => partition.name)].map(({ schema, name }) => ({
    relation: { schema, name },
    mode: "ACCESS EXCLUSIVE" as const,
  }));
}

/** The plain name of a table, without the rest of its catalog entry: for data that is stored. */
export function nameOf({ schema, name }: RelationName): RelationName {
  return { schema, name };
}
