import type { Catalog, Column, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import { requireColumn } from "../steps/catalog-lookup.ts";
import { foreignKeysTo, type KeyForeignKey } from "../steps/key-foreign-keys.ts";

/** A column whose foreign key points at a column of the key, at first or second hand. */
export interface Referencing {
  readonly table: Table;
  readonly column: Column;
  /** False if it has the new type already, or one that compares with it: it stays, only its foreign key is made anew. */
  readonly changes: boolean;
}

const INTEGERS: ReadonlySet<string> = new Set(["smallint", "integer", "bigint"]);

/** True for a column that can be replaced only together with its key: of a primary key, identity, or referenced. */
export function isOfKey(catalog: Catalog, table: Table, column: Column): boolean {
  if (column.identity !== null) return true;
  const primary = table.constraints.some((c) => c.kind === "primary key" && c.columns.includes(column.name));
  return primary || foreignKeysTo(catalog, [{ table, column: column.name }]).length > 0;
}

/**
 * The columns that reference a column of a key whose type changes, and what references those: a referencing column that
 * is in a key itself takes its own references along.
 *
 * @throws SegueError SEG0102 for a foreign key whose columns are not of one type, if the new one does not compare with it.
 */
export function referencingColumns(
  catalog: Catalog,
  table: Table,
  column: Column,
  type: string,
): readonly Referencing[] {
  const found: Referencing[] = [];
  const reached = new Set([placeOf(table, column.name)]);
  const waiting: { readonly table: Table; readonly column: string }[] = [{ table, column: column.name }];
  for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
    for (const key of foreignKeysTo(catalog, [one])) {
      for (const name of pairedWith(key, one.column)) {
        const place = placeOf(key.table, name);
        if (reached.has(place)) continue;
        reached.add(place);
        const own = requireColumn(key.table, name);
        const changes = own.type === column.type;
        if (!changes) requireComparable(key, own, type);
        found.push({ table: key.table, column: own, changes });
        if (changes) waiting.push({ table: key.table, column: name });
      }
    }
  }
  return found;
}

/** The columns of a foreign key that reference this one. */
export function pairedWith({ constraint }: KeyForeignKey, referenced: string): readonly string[] {
  const columns = constraint.references?.columns ?? [];
  return constraint.columns.filter((_, at) => columns[at] === referenced);
}

function placeOf(table: Table, column: string): string {
  return JSON.stringify([relationKey(table), column]);
}

function requireComparable({ constraint, member }: KeyForeignKey, { name, type: own }: Column, type: string): void {
  if (own === type || (INTEGERS.has(own) && INTEGERS.has(type))) return;
  throw new SegueError("SEG0102", {
    message: `foreign key ${constraint.name} of ${relationKey(member)}: ${name} is ${own}, which is not the type of what it references, and does not become ${type} with it`,
    object: `${relationKey(member)}.${name}`,
    next: "change it to the type of the key in an earlier plan",
  });
}
