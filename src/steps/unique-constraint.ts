import type { Constraint, Index, Table } from "../model/catalog.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { columnList, indexBody, requireNullsNotDistinct } from "./index-definition.ts";
import { requirePartitionKey } from "./partitioned-index.ts";

/** What a unique constraint or a primary key says. */
export interface Uniqueness {
  readonly kind: "primary key" | "unique";
  readonly columns: readonly string[];
  readonly include?: readonly string[] | undefined;
  readonly nulls_not_distinct?: boolean | undefined;
  readonly deferrable?: boolean | undefined;
  readonly initially_deferred?: boolean | undefined;
}

/**
 * The constraint as pg_get_constraintdef() writes it, and the index that stands behind it.
 *
 * @throws SegueError SEG0101 if a column is missing, or the table's partition key is not among them.
 */
export function uniqueConstraint(
  name: string,
  unique: Uniqueness,
  table: Table,
  major: number,
): { readonly constraint: Constraint; readonly index: Index } {
  const { columns, include, kind } = unique;
  requireNullsNotDistinct(unique.nulls_not_distinct, major);
  requirePartitionKey(columns, table);
  const initiallyDeferred = unique.initially_deferred === true;
  const definition = [
    kind.toUpperCase(),
    ...(unique.nulls_not_distinct === true ? ["NULLS NOT DISTINCT"] : []),
    `(${columnList(columns, table)})`,
    ...(include === undefined ? [] : [`INCLUDE (${columnList(include, table)})`]),
  ].join(" ");
  const only = table.kind === "partitioned" ? "ONLY " : "";
  return {
    constraint: {
      name,
      kind,
      definition: definition + timing(unique),
      expression: null,
      columns,
      references: null,
      deferrable: unique.deferrable === true || initiallyDeferred,
      initiallyDeferred,
      valid: true,
      index: name,
      comment: null,
      inherited: false,
      noInherit: true,
    },
    index: {
      schema: table.schema,
      name,
      definition: `CREATE UNIQUE INDEX ${ident(name)} ON ${only}${qualified(table)} ${uniqueBody(unique, table, major)}`,
      columns: [...columns, ...(include ?? [])],
      unique: true,
      primary: kind === "primary key",
      exclusion: false,
      valid: true,
      constraint: name,
      parent: null,
      replicaIdentity: false,
      clustered: false,
      comment: null,
      tablespace: null,
      statisticsTargets: [],
      bytes: 0,
    },
  };
}

/** What follows the table's name in the CREATE INDEX of a unique constraint. */
export function uniqueBody({ columns, include, nulls_not_distinct }: Uniqueness, table: Table, major: number): string {
  return indexBody({ columns: [...columns], include: include && [...include], nulls_not_distinct }, table, major);
}

/** When the constraint is checked, as it stands at the end of its definition. */
export function timing(unique: Pick<Uniqueness, "deferrable" | "initially_deferred">): string {
  if (unique.initially_deferred === true) return " DEFERRABLE INITIALLY DEFERRED";
  return unique.deferrable === true ? " DEFERRABLE" : "";
}
