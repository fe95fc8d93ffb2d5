import type { Catalog, Constraint, ForeignKeyTarget, Index, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import type { References } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { hasExpressionKey } from "../sql/definition.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { requireColumn, requireTable } from "./catalog-lookup.ts";
import { definitionBody } from "./index-definition-body.ts";
import { refuseVirtual } from "./refuse-virtual.ts";

/** A foreign key whose target was found and fits. */
export interface ForeignKey {
  readonly target: Table;
  readonly columns: readonly string[];
  /** `FOREIGN KEY (…) REFERENCES …`, with every clause. */
  readonly definition: string;
  readonly references: ForeignKeyTarget;
  readonly deferrable: boolean;
  readonly initiallyDeferred: boolean;
}

/**
 * Finds the table and the unique columns that a foreign key of `table` points at.
 *
 * @throws SegueError SEG0101 for columns that do not exist, do not pair, or are not unique together.
 */
export function resolveForeignKey(
  table: Table,
  columns: readonly string[],
  written: References,
  catalog: Catalog,
): ForeignKey {
  for (const column of columns) requireColumn(table, column);
  refuseVirtual("foreign keys", columns, table);
  const self = relationKey(table);
  const target = requireTarget(written.table, table, catalog);
  const referenced = written.columns ?? primaryKey(target);
  for (const column of referenced) requireColumn(target, column);
  if (referenced.length !== columns.length) {
    throw new SegueError("SEG0101", {
      message: `a foreign key of ${self} over ${columns.length} column${columns.length === 1 ? "" : "s"} can't reference ${referenced.length} of ${relationKey(target)}`,
      object: self,
    });
  }
  requireUnique(target, referenced);
  const references: ForeignKeyTarget = {
    table: { schema: target.schema, name: target.name },
    columns: referenced,
    onDelete: written.on_delete ?? "no action",
    onUpdate: written.on_update ?? "no action",
    match: written.match ?? "simple",
  };
  const initiallyDeferred = written.initially_deferred === true;
  const deferrable = written.deferrable === true || initiallyDeferred;
  const definition = [
    `FOREIGN KEY (${columns.map(ident).join(", ")})`,
    `REFERENCES ${qualified(target)} (${referenced.map(ident).join(", ")})`,
    ...(references.match === "full" ? ["MATCH FULL"] : []),
    ...(references.onUpdate === "no action" ? [] : [`ON UPDATE ${references.onUpdate.toUpperCase()}`]),
    ...(references.onDelete === "no action" ? [] : [`ON DELETE ${references.onDelete.toUpperCase()}`]),
    ...(deferrable ? ["DEFERRABLE"] : []),
    ...(initiallyDeferred ? ["INITIALLY DEFERRED"] : []),
  ].join(" ");
  return { target, columns, definition, references, deferrable, initiallyDeferred };
}

/** The catalog's entry of a foreign key that a plan adds. */
export function foreignKeyConstraint(name: string, key: ForeignKey): Constraint {
  return {
    name,
    kind: "foreign key",
    definition: key.definition,
    expression: null,
    columns: key.columns,
    references: key.references,
    deferrable: key.deferrable,
    initiallyDeferred: key.initiallyDeferred,
    valid: true,
    index: null,
    comment: null,
    inherited: false,
    noInherit: false,
  };
}

/** A table may reference itself before the catalog knows it. */
function requireTarget(written: string, table: Table, catalog: Catalog): Table {
  return requireTable({ ...catalog, tables: { [relationKey(table)]: table, ...catalog.tables } }, written);
}

function primaryKey(target: Table): readonly string[] {
  const key = target.constraints.find((constraint) => constraint.kind === "primary key");
  if (key !== undefined) return key.columns;
  throw new SegueError("SEG0101", {
    message: `${relationKey(target)} has no primary key: name the referenced columns`,
    object: relationKey(target),
  });
}

function requireUnique(target: Table, columns: readonly string[]): void {
  const same = (other: readonly string[]): boolean =>
    other.length === columns.length && columns.every((column) => other.includes(column));
  const byConstraint = target.constraints.some(
    ({ columns: own, deferrable, kind }) => (kind === "primary key" || kind === "unique") && !deferrable && same(own),
  );
  const byIndex = target.indexes.some(
    (index) => index.unique && index.valid && index.constraint === null && same(index.columns) && coversRows(index),
  );
  if (byConstraint || byIndex) return;
  throw new SegueError("SEG0101", {
    message: `${relationKey(target)} (${columns.join(", ")}) has no unique constraint: a foreign key can't reference it`,
    object: relationKey(target),
    next: "Add one first, with add_unique, in this plan or an earlier one.",
  });
}

/** A partial index proves nothing about the other rows, nor does one over an expression about its columns. */
function coversRows(index: Index): boolean {
  return !/ WHERE /.test(definitionBody(index)) && !hasExpressionKey(index.definition);
}
