import type { Constraint, Index, Table } from "../model/catalog.ts";
import type { RelationName } from "../model/relation.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { isPartitioned } from "./carry-family.ts";

/** A primary key on a table or on one of its partitions, with its index. */
export interface PrimaryKey {
  readonly member: Table;
  readonly constraint: Constraint;
  readonly index: Index;
}

/** The primary keys of a family of tables that read one of the columns, parents first. */
export function primaryKeysOf(family: readonly Table[], columns: readonly string[]): readonly PrimaryKey[] {
  return family.flatMap((member) => {
    const constraint = member.constraints.find(({ kind }) => kind === "primary key");
    const index = member.indexes.find(({ primary }) => primary);
    if (constraint === undefined || index === undefined) return [];
    return index.columns.some((column) => columns.includes(column)) ? [{ member, constraint, index }] : [];
  });
}

/** Statements that drop them, those of partitions together with the one that they came from. */
export function dropPrimaryKeys(keys: readonly PrimaryKey[]): readonly string[] {
  return keys
    .filter(({ constraint }) => !constraint.inherited)
    .map(({ constraint, member }) => `ALTER TABLE ${qualified(member)} DROP CONSTRAINT ${ident(constraint.name)}`);
}

/**
 * Statements that add them, each from a unique index that stands already; no scan, for every column is NOT NULL. The
 * tables above the leaves take no index: theirs adopt those of the leaves. Comments and what the index is marked for
 * (replica identity, CLUSTER) come along.
 *
 * @param indexOf The index that becomes the key's; it takes the key's name.
 * @param definitionOf The key as pg_get_constraintdef() would write it now.
 */
export function addPrimaryKeys<K extends PrimaryKey>(
  keys: readonly K[],
  indexOf: (key: K) => RelationName,
  definitionOf: (key: K) => string,
): readonly string[] {
  const leaves = keys.filter(({ member }) => !isPartitioned(member));
  const above = keys.filter(({ member }) => isPartitioned(member)).toReversed();
  return [
    ...leaves.flatMap((key) => {
      const { constraint, member } = key;
      const using = `PRIMARY KEY USING INDEX ${ident(indexOf(key).name)}${timingOf(constraint)}`;
      return [`ALTER TABLE ${qualified(member)} ADD CONSTRAINT ${ident(constraint.name)} ${using}`, ...marks(key)];
    }),
    ...above.flatMap((key) => [
      `ALTER TABLE ${qualified(key.member)} ADD CONSTRAINT ${ident(key.constraint.name)} ${definitionOf(key)}`,
      ...marks(key),
    ]),
  ];
}

function timingOf({ deferrable, initiallyDeferred }: Constraint): string {
  return deferrable ? ` DEFERRABLE${initiallyDeferred ? " INITIALLY DEFERRED" : ""}` : "";
}

function marks({ constraint, index, member }: PrimaryKey): readonly string[] {
  const name = ident(constraint.name);
  const table = qualified(member);
  return [
    ...(constraint.comment === null
      ? []
      : [`COMMENT ON CONSTRAINT ${name} ON ${table} IS ${literal(constraint.comment)}`]),
    ...(index.comment === null ? [] : [`COMMENT ON INDEX ${qualified(index)} IS ${literal(index.comment)}`]),
    ...(index.replicaIdentity ? [`ALTER TABLE ${table} REPLICA IDENTITY USING INDEX ${name}`] : []),
    ...(index.clustered ? [`ALTER TABLE ${table} CLUSTER ON ${name}`] : []),
  ];
}
