import type { Catalog, Constraint, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";

/**
 * The partitions of a table at every level, parents first.
 *
 * @throws SegueError SEG0101 if one is not in the catalog: what hangs on it could not be carried.
 */
export function partitionsOf(catalog: Catalog, table: Table): readonly Table[] {
  return table.partitions.map(({ name }) => {
    const found = catalog.tables[relationKey(name)];
    if (found !== undefined) return found;
    throw new SegueError("SEG0101", {
      message: `partition ${relationKey(name)} was not read from the catalog`,
      object: relationKey(name),
    });
  });
}

/** True for a table that holds no rows itself. */
export function isPartitioned(table: Table): boolean {
  return table.kind === "partitioned";
}

/** True if the constraint reads the column, be it only in INCLUDE: a constraint's own columns are its keys. */
export function readsColumn(table: Table, constraint: Constraint, column: string): boolean {
  const index = table.indexes.find((candidate) => candidate.constraint === constraint.name);
  return constraint.columns.includes(column) || index?.columns.includes(column) === true;
}

/** A constraint that stands on a table by itself, or the one above that it came from. */
export interface Origin {
  readonly table: Table;
  readonly constraint: Constraint;
}

/**
 * Where an inherited foreign key came from: the partition's own name for it may be another, so it is known by its
 * definition, and equal ones by their order.
 */
export function originOf(family: readonly Table[], table: Table, constraint: Constraint): Origin {
  const parent = family.find(
    (candidate) => table.parent !== null && relationKey(candidate) === relationKey(table.parent),
  );
  if (!constraint.inherited || parent === undefined) return { table, constraint };
  const equals = (owner: Table, inherited: boolean): Constraint[] =>
    owner.constraints.filter(
      (c) => c.kind === constraint.kind && c.definition === constraint.definition && (!inherited || c.inherited),
    );
  const above = equals(parent, false)[equals(table, true).indexOf(constraint)];
  return above === undefined ? { table, constraint } : originOf(family, parent, above);
}
