import type { Catalog, Constraint, Table } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { isPartitioned, originOf, partitionsOf } from "./carry-family.ts";
import { nameOf } from "./catalog-lookup.ts";
import { partitionGuard } from "./partition-guard.ts";
import type { Draft } from "./step-kind.ts";
import { familyLocks, scanningTransaction, shortTransaction } from "./transaction-draft.ts";

/** A foreign key to a column that is replaced, or to a key that moves. */
export interface KeyForeignKey {
  /** The table that a plan names. */
  readonly table: Table;
  /** Where it stands: that table, or one of its partitions. */
  readonly member: Table;
  readonly constraint: Constraint;
  readonly target: Table;
}

/** The table that a plan names for a partition; for any other table itself. */
function rootOf(catalog: Catalog, name: RelationName): Table | undefined {
  const found = catalog.tables[relationKey(name)];
  const above = found?.parent ?? null;
  return above === null ? found : (rootOf(catalog, above) ?? found);
}

/**
 * The foreign keys of the catalog that reference one of these columns, each where it stands by itself. A catalog that was
 * read for a change of a key has all tables that reference it.
 */
export function foreignKeysTo(
  catalog: Catalog,
  columns: readonly { readonly table: RelationName; readonly column: string }[],
): readonly KeyForeignKey[] {
  const wanted = new Set(columns.map(({ table, column }) => JSON.stringify([relationKey(table), column])));
  return Object.values(catalog.tables).flatMap((member) =>
    member.constraints.flatMap((constraint) => {
      const { inherited, kind, references } = constraint;
      if (kind !== "foreign key" || inherited || references === null) return [];
      const [table, target] = [rootOf(catalog, member), rootOf(catalog, references.table)];
      if (table === undefined || target === undefined) return [];
      const key = relationKey(target);
      const found = references.columns.some((column) => wanted.has(JSON.stringify([key, column])));
      return found ? [{ table, member, constraint, target }] : [];
    }),
  );
}

/** Statements that drop them, each from the table on which it stands; its partitions' go with it. */
export function dropForeignKeys(keys: readonly KeyForeignKey[]): readonly string[] {
  return keys.map(
    ({ constraint, member }) => `ALTER TABLE ${qualified(member)} DROP CONSTRAINT ${ident(constraint.name)}`,
  );
}

/** The same, whichever part of what {@link addForeignKeys} and {@link proveForeignKeys} made there is. */
export function dropForeignKeysAgain(catalog: Catalog, keys: readonly KeyForeignKey[]): readonly string[] {
  return keys.flatMap((key) =>
    [...holders(catalog, key)].map(
      ([member, constraint]) => `ALTER TABLE ${qualified(member)} DROP CONSTRAINT IF EXISTS ${ident(constraint.name)}`,
    ),
  );
}

/**
 * Statements that add them again: checked for every write from then on, but not valid yet, so that no row is read under
 * the lock. Up to 17 a partitioned table takes no such key, so each of its leaves gets one of its own, on every major.
 */
export function addForeignKeys(
  catalog: Catalog,
  keys: readonly KeyForeignKey[],
  definitionOf: (key: KeyForeignKey) => string,
): readonly string[] {
  return keys.flatMap((key) =>
    [...holders(catalog, key)]
      .filter(([member]) => !isPartitioned(member))
      .flatMap(([member, constraint]) => {
        // What was not valid says so itself.
        const notValid = key.constraint.valid ? " NOT VALID" : "";
        return [
          `ALTER TABLE ${qualified(member)} ADD CONSTRAINT ${ident(constraint.name)} ${definitionOf(key)}${notValid}`,
          ...comment(member, constraint),
        ];
      }),
  );
}

/**
 * What makes them valid after {@link addForeignKeys}: VALIDATE, which stops nobody, one after the other; then the tables
 * above the leaves adopt theirs without a scan.
 */
export function proveForeignKeys(
  catalog: Catalog,
  keys: readonly KeyForeignKey[],
  definitionOf: (key: KeyForeignKey) => string,
): readonly Draft[] {
  return keys.flatMap((key) => {
    const all = [...holders(catalog, key)];
    const validations = key.constraint.valid
      ? all
          .filter(([member]) => !isPartitioned(member))
          .map(([member, constraint]) => validate(key, member, constraint))
      : [];
    const above = all.filter(([member]) => isPartitioned(member));
    return [...validations, ...(above.length > 0 ? [adopt(key, above.toReversed(), definitionOf(key))] : [])];
  });
}

function validate({ table, target }: KeyForeignKey, member: Table, { name }: Constraint): Draft {
  return scanningTransaction({
    title: `validate foreign key ${name} of ${relationKey(member)}`,
    table,
    statements: [`ALTER TABLE ${qualified(member)} VALIDATE CONSTRAINT ${ident(name)}`],
    locks: [
      { relation: nameOf(member), mode: "SHARE UPDATE EXCLUSIVE" },
      { relation: nameOf(target), mode: "ROW SHARE" },
    ],
  });
}

function adopt(key: KeyForeignKey, above: readonly (readonly [Table, Constraint])[], definition: string): Draft {
  const { constraint, member, table, target } = key;
  return shortTransaction(
    {
      title: `add foreign key ${constraint.name} of ${relationKey(member)}, adopting its partitions'`,
      table,
      statements: [
        // Holds off ATTACH PARTITION: a partition that nobody validated would be scanned under this lock.
        `LOCK TABLE ONLY ${qualified(member)} IN SHARE ROW EXCLUSIVE MODE`,
        ...above.map(([parent]) => partitionGuard(table, parent)),
        ...above.flatMap(([parent, own]) => [
          `ALTER TABLE ${qualified(parent)} ADD CONSTRAINT ${ident(own.name)} ${definition}`,
          ...comment(parent, own),
        ]),
      ],
      // An adopted foreign key loses its own triggers on the referenced table: ACCESS EXCLUSIVE there.
      locks: [...familyLocks(member, "SHARE ROW EXCLUSIVE"), ...familyLocks(target, "ACCESS EXCLUSIVE")],
    },
    [],
  );
}

/** The tables on which a foreign key stands, parents first, each with the constraint as it has it. */
export function holders(
  catalog: Catalog,
  { constraint, member, table }: KeyForeignKey,
): ReadonlyMap<Table, Constraint> {
  const family = [table, ...partitionsOf(catalog, table)];
  const found = new Map([[member, constraint]]);
  for (const below of family) {
    for (const own of below.constraints) {
      if (own.kind !== "foreign key" || !own.inherited) continue;
      const origin = originOf(family, below, own);
      if (origin.table === member && origin.constraint === constraint) found.set(below, own);
    }
  }
  return found;
}

function comment(member: Table, { comment: text, name }: Constraint): readonly string[] {
  return text === null ? [] : [`COMMENT ON CONSTRAINT ${ident(name)} ON ${qualified(member)} IS ${literal(text)}`];
}
