import type { Catalog, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { byteLength, deriveName, MAX_NAME_BYTES } from "../sql/identifier.ts";

/** A namespace in which a new object's name must be free, and what to call it in a refusal. */
export interface Namespace {
  readonly what: string;
  taken(name: string): boolean;
}

/** The relations of a schema: an index shares its names with tables, views and sequences. */
export function relationsOf(catalog: Catalog, schema: string): Namespace {
  const taken = new Set(catalog.relationNames);
  for (const table of Object.values(catalog.tables)) {
    taken.add(relationKey(table));
    for (const index of table.indexes) taken.add(relationKey(index));
  }
  return { what: `relation in schema ${schema}`, taken: (name) => taken.has(relationKey({ schema, name })) };
}

/** The constraints of a table and of its partitions, which inherit what the table gets. */
export function constraintsOf(catalog: Catalog, table: Table): Namespace {
  const family: RelationName[] = [table, ...table.partitions.map((partition) => partition.name)];
  const taken = new Set(
    family
      .flatMap((member) => catalog.tables[relationKey(member)]?.constraints ?? [])
      .map((constraint) => constraint.name),
  );
  return { what: `constraint of ${relationKey(table)}`, taken: (name) => taken.has(name) };
}

/**
 * The name that the plan gives, or else the one that PostgreSQL would choose: `wanted`, with a hash where that
 * is too long or taken. PostgreSQL itself would cut and number it.
 *
 * @throws SegueError SEG0101 if the given name is taken.
 */
export function chooseName(given: string | undefined, wanted: string, ...spaces: readonly Namespace[]): string {
  const taker = (name: string): Namespace | undefined => spaces.find((space) => space.taken(name));
  if (given !== undefined) {
    const space = taker(given);
    if (space === undefined) return given;
    throw new SegueError("SEG0101", {
      message: `the name ${given} is taken by another ${space.what}`,
      object: given,
      next: "Choose another name, or leave `name` out.",
    });
  }
  if (byteLength(wanted) <= MAX_NAME_BYTES && taker(wanted) === undefined) return wanted;
  for (let attempt = 1; ; attempt += 1) {
    const name = deriveName("", wanted, String(attempt));
    if (taker(name) === undefined) return name;
  }
}
