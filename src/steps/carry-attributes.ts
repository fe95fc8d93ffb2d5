import type { Column, Table } from "../model/catalog.ts";
import type { RelationName } from "../model/relation.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";

/** Types whose values may be compressed or stored apart; storage can't be set on any other. */
const VARIABLE_LENGTH =
  /^(text|character|character varying|bytea|json|jsonb|numeric|xml|tsvector|tsquery|bit|bit varying)(\(|$)|\[\]$/;

/**
 * Statements that give a new column what its original has besides type and collation, where that differs from what
 * the type gives by itself: storage, compression, statistics target, options, comment, security labels, grants. Storage and compression
 * go along to another type only if it has such.
 *
 * @param type The new column's, if it is another.
 * @param partitions All partitions of the table, from the catalog: each keeps its own settings. Left out, they take
 * the table's where ALTER TABLE reaches them.
 */
export function duplicateAttributes(
  table: Table,
  column: Column,
  to: string,
  type: string = column.type,
  partitions: readonly Table[] = [],
): string[] {
  return onEach(table, column, partitions, (relation, own, only) => {
    const stored = type === own.type || (VARIABLE_LENGTH.test(type) && own.defaultStorage !== "plain");
    return [...(stored ? storageOn(relation, own, to, only) : []), ...attributesOn(relation, own, to, only)];
  });
}

/** Statements that give a column its storage and compression again, which ALTER … TYPE takes from it in silence. */
export function sameStorage(table: Table, column: Column, partitions: readonly Table[]): string[] {
  return onEach(table, column, partitions, (relation, own, only) => storageOn(relation, own, column.name, only));
}

function onEach(
  table: Table,
  column: Column,
  partitions: readonly Table[],
  statements: (relation: RelationName, own: Column, only: string) => string[],
): string[] {
  const only = partitions.length > 0 ? "ONLY " : "";
  return [
    ...statements(table, column, only),
    ...partitions.flatMap((partition) => {
      const own = partition.columns.find((candidate) => candidate.name === column.name);
      return own === undefined ? [] : statements(partition, own, only);
    }),
  ];
}

function storageOn(relation: RelationName, column: Column, to: string, only: string): string[] {
  const alter = `ALTER TABLE ${only}${qualified(relation)} ALTER COLUMN ${ident(to)}`;
  return [
    ...(column.storage === column.defaultStorage ? [] : [`${alter} SET STORAGE ${column.storage.toUpperCase()}`]),
    ...(column.compression === null ? [] : [`${alter} SET COMPRESSION ${column.compression}`]),
  ];
}

function attributesOn(relation: RelationName, column: Column, to: string, only: string): string[] {
  const alter = `ALTER TABLE ${only}${qualified(relation)} ALTER COLUMN ${ident(to)}`;
  const statements: string[] = [];
  if (column.statisticsTarget !== null) statements.push(`${alter} SET STATISTICS ${column.statisticsTarget}`);
  if (column.options.length > 0) statements.push(`${alter} SET (${column.options.map(option).join(", ")})`);
  if (column.comment !== null) {
    statements.push(`COMMENT ON COLUMN ${qualified(relation)}.${ident(to)} IS ${literal(column.comment)}`);
  }
  for (const { label, provider } of column.securityLabels ?? []) {
    statements.push(
      `SECURITY LABEL FOR ${ident(provider)} ON COLUMN ${qualified(relation)}.${ident(to)} IS ${literal(label)}`,
    );
  }
  for (const { grantable, grantee, privilege } of column.grants) {
    const role = grantee === "PUBLIC" ? "PUBLIC" : ident(grantee);
    statements.push(
      `GRANT ${privilege} (${ident(to)}) ON TABLE ${qualified(relation)} TO ${role}${grantable ? " WITH GRANT OPTION" : ""}`,
    );
  }
  return statements;
}

/** `n_distinct=-0.5` as ALTER COLUMN … SET takes it. */
function option(text: string): string {
  const at = text.indexOf("=");
  return `${ident(text.slice(0, at))} = ${literal(text.slice(at + 1))}`;
}
