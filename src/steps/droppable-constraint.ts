import type { Catalog, Constraint, Index, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import { isTemporal } from "../sql/definition.ts";
import { requireConstraint, requireTable } from "./catalog-lookup.ts";
import { replacedColumns } from "./contract-entries.ts";
import { inheritedBy, keyParts } from "./restore-constraint.ts";
import type { LowerContext } from "./step-kind.ts";

interface Droppable {
  readonly table: Table;
  readonly constraint: Constraint;
  /** Behind a key or an exclusion constraint. */
  readonly index: Index | null;
}

/**
 * The constraint, if its drop breaks nothing and can be taken back exactly.
 *
 * @throws SegueError SEG0101 if something stands on it, SEG0103 for a kind that could not be put back as it was
 */
export function droppableConstraint(
  written: { readonly table: string; readonly name: string },
  catalog: Catalog,
): Droppable {
  const table = requireTable(catalog, written.table);
  const constraint = requireConstraint(table, written.name);
  const index = table.indexes.find((one) => one.constraint === constraint.name) ?? null;
  refuseByKind(table, constraint);
  refuseNeeded(catalog, table, constraint, index);
  if (index !== null) refuseRoles(table, constraint, index);
  refuseInexact(catalog, table, constraint, index);
  return { table, constraint, index };
}

function refusal(
  code: "SEG0101" | "SEG0103",
  table: Table,
  { name }: Constraint,
  message: string,
  next?: string,
): SegueError {
  return new SegueError(code, {
    message: `constraint ${name} of ${relationKey(table)} ${message}`,
    object: `${relationKey(table)}.${name}`,
    ...(next === undefined ? {} : { next }),
  });
}

function refuseByKind(table: Table, constraint: Constraint): void {
  if (constraint.kind === "not null") {
    const next = `Use drop_not_null: { table: ${table.name}, column: ${constraint.columns.join()} }.`;
    throw refusal("SEG0101", table, constraint, "is a NOT NULL constraint", next);
  }
  if (constraint.kind === "trigger")
    throw refusal(
      "SEG0101",
      table,
      constraint,
      "is a constraint trigger: DROP TRIGGER drops it",
      "Use an `sql` operation.",
    );
  if (constraint.inherited)
    throw refusal("SEG0101", table, constraint, "is inherited: drop it on the table that it comes from");
}

/** Keys that foreign keys reference, and what else PostgreSQL would not drop it without. */
function refuseNeeded(catalog: Catalog, table: Table, constraint: Constraint, index: Index | null): void {
  const parts = index === null ? [] : keyParts(catalog, table, index).map(({ own }) => own);
  const needed = [constraint, ...parts].flatMap((one) => one.neededBy ?? []);
  if (needed.length === 0) return;
  throw new SegueError("SEG0101", {
    message: `constraint ${constraint.name} of ${relationKey(table)} can't be dropped: other things need it`,
    object: `${relationKey(table)}.${constraint.name}`,
    problems: needed.map((message) => ({ message })),
    next: "Drop or change these first, in an earlier plan.",
  });
}

function refuseRoles(table: Table, constraint: Constraint, index: Index): void {
  if (index.replicaIdentity)
    throw refusal(
      "SEG0101",
      table,
      constraint,
      "is the replica identity: without it, replicated updates and deletes fail",
    );
  if (index.clustered)
    throw refusal(
      "SEG0101",
      table,
      constraint,
      "is what the table is clustered on: ALTER TABLE … SET WITHOUT CLUSTER first",
    );
  const published = table.dependents.find((dependent) => dependent.kind === "publication");
  if (constraint.kind === "primary key" && table.replicaIdentity.kind === "default" && published !== undefined)
    throw refusal(
      "SEG0101",
      table,
      constraint,
      `is the replica identity of a table in publication ${published.name}: without it, updates and deletes fail`,
    );
}

/** What a reversal could not put back as it was. */
function refuseInexact(catalog: Catalog, table: Table, constraint: Constraint, index: Index | null): void {
  const { definition, kind, name, noInherit, valid } = constraint;
  const way = "Use an `sql` operation, with a `down`.";
  const inexact = (message: string): SegueError => refusal("SEG0103", table, constraint, message, way);
  if (kind === "check" && !noInherit && table.inheritanceChildren.length > 0)
    throw inexact("holds for tables that inherit too, where a reversal could not put it back as it was");
  if (table.kind !== "partitioned") {
    const tablespace = index?.tablespace ?? null;
    if (kind === "exclusion" && tablespace !== null) throw inexact(`has its index in tablespace ${tablespace}`);
    return;
  }
  if (kind === "exclusion" || (index !== null && isTemporal(definition)))
    throw inexact("is an exclusion constraint of a partitioned table");
  if (!valid) throw inexact("is not valid on a partitioned table, whose partitions each may have validated it");
  if (kind !== "foreign key") return;
  const taken = inheritedBy(catalog, table, constraint).find(
    ({ own, partition }) => own.name !== name && partition.constraints.some((one) => one.name === name),
  );
  if (taken !== undefined)
    throw inexact(`goes by another name on ${relationKey(taken.partition)}, where its own is taken`);
}

/** The cut-over renames such a column, and what hangs on it. @throws SegueError SEG0101 */
export function refuseReplacedColumns(
  table: Table,
  constraint: Constraint,
  index: Index | null,
  context: LowerContext,
): void {
  const replaced = replacedColumns(context, table);
  const column = [...constraint.columns, ...(index?.columns ?? [])].find((one) => replaced.has(one));
  if (column === undefined) return;
  throw refusal(
    "SEG0101",
    table,
    constraint,
    `reads ${column}, which this plan replaces or drops`,
    "Drop the constraint in an earlier plan.",
  );
}
