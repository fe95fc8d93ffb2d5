import type { Catalog, Table } from "../model/catalog.ts";
import type { TableLock } from "../model/lock.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { deriveName, ident, qualified } from "../sql/identifier.ts";
import { partitionsOf } from "./carry-family.ts";
import { nameOf } from "./catalog-lookup.ts";
import { HIDDEN_SCHEMA } from "./hidden-schema.ts";

/** The table or a partition of it, where it is and where it is hidden. */
export interface HiddenMember {
  readonly table: Table;
  readonly hidden: RelationName;
}

/** What a relation is called while it is hidden: no two plans or tables share a name, wherever they come from. */
export function hiddenRelation(relation: RelationName, plan: string): RelationName {
  return { schema: HIDDEN_SCHEMA, name: deriveName("", relation.name, `${plan}:${relationKey(relation)}`) };
}

/** A table with all its partitions, parents first: the order in which the server locks them. */
export function hiddenFamily(catalog: Catalog, table: Table, plan: string): readonly HiddenMember[] {
  return [table, ...partitionsOf(catalog, table)].map((member) => ({
    table: member,
    hidden: hiddenRelation(member, plan),
  }));
}

/**
 * Moves a table out of sight. Its indexes and owned sequences move along, so they get names of their own first: two
 * tables from different schemas may have an index of the same name. An index that somebody dropped meanwhile is no
 * reason to fail.
 */
export function hideStatements({ table, hidden }: HiddenMember, plan: string): readonly string[] {
  return [
    rename("TABLE", table, hidden.name),
    ...partsOf(table).map(({ kind, part }) => rename(kind, part, hiddenRelation(part, plan).name)),
    `ALTER TABLE ${qualified({ schema: table.schema, name: hidden.name })} SET SCHEMA ${ident(HIDDEN_SCHEMA)}`,
  ];
}

/** Brings a table back to where it was, and all that moved along. */
export function showStatements({ table, hidden }: HiddenMember, plan: string): readonly string[] {
  return [
    `ALTER TABLE ${qualified(hidden)} SET SCHEMA ${ident(table.schema)}`,
    ...partsOf(table).map(({ kind, part }) =>
      rename(kind, { schema: table.schema, name: hiddenRelation(part, plan).name }, part.name),
    ),
    rename("TABLE", { schema: table.schema, name: hidden.name }, table.name),
  ];
}

/** The locks on a family, by the names that it has before or while it is hidden. */
export function hiddenFamilyLocks(
  family: readonly HiddenMember[],
  plan: string,
  when: "shown" | "hidden",
): TableLock[] {
  return family.flatMap(({ table, hidden }) => {
    const sequences = sequencesOf(table);
    const relations =
      when === "shown" ? [table, ...sequences] : [hidden, ...sequences.map((one) => hiddenRelation(one, plan))];
    return relations.map((relation): TableLock => ({ relation: nameOf(relation), mode: "ACCESS EXCLUSIVE" }));
  });
}

function rename(kind: "TABLE" | "INDEX IF EXISTS" | "SEQUENCE IF EXISTS", from: RelationName, to: string): string {
  return `ALTER ${kind} ${qualified(from)} RENAME TO ${ident(to)}`;
}

function partsOf(table: Table): readonly { kind: "INDEX IF EXISTS" | "SEQUENCE IF EXISTS"; part: RelationName }[] {
  return [
    ...table.indexes.map((index) => ({ kind: "INDEX IF EXISTS" as const, part: nameOf(index) })),
    ...sequencesOf(table).map((sequence) => ({ kind: "SEQUENCE IF EXISTS" as const, part: sequence })),
  ];
}

function sequencesOf(table: Table): readonly RelationName[] {
  return table.columns.flatMap(({ sequence }) => (sequence === null ? [] : [sequence]));
}
