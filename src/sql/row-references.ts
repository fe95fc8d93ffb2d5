import type { A_Indirection, ColumnRef, Node, ResTarget, SelectStmt } from "libpg-query";
import type { RelationName } from "../model/relation.ts";
import { type FromItem, fromItems } from "./from-items.ts";
import { ident, qualified } from "./identifier.ts";
import { nearestName } from "./nearest-name.ts";
import { refusalOf } from "./not-over-one-row.ts";

/** The row that an expression is over. */
export interface ExpressionRow {
  readonly table: RelationName;
  readonly columns: readonly string[];
  /** format_type() of the columns, by name. Only makes `canRaise` sharper: `||` of columns needs their types. */
  readonly types?: ReadonlyMap<string, string>;
}

/** A column of the row where an expression names it. */
export interface RowReference {
  /** In bytes of the parsed source. */
  readonly location: number;
  /** How many dotted parts the name has. */
  readonly parts: number;
  readonly column: string;
  /** In a sub-select: the names of the FROM items around it. null outside of any. */
  readonly beside: ReadonlySet<string> | null;
  /** It gives an output column or an XML element its name, which must outlive a renaming. */
  readonly labels: boolean;
}

/** The FROM items of all sub-selects around a node; null outside of any. */
type Scope = readonly FromItem[] | null;

/** Ends the search with an error at a byte of the parsed source. */
export type Refuse = (message: string, location: number | undefined) => never;

/**
 * Finds the row's columns in the tree of an expression, by PostgreSQL's rules of scope, and refuses what an
 * expression over one row can't hold.
 */
export function rowReferences(target: Node, row: ExpressionRow, refuse: Refuse): readonly RowReference[] {
  const found = new Map<number, RowReference>();
  const columns = new Set(row.columns);
  visit(target, null);
  return [...found.values()];

  function visit(value: unknown, scope: Scope): void {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, scope);
    } else if (typeof value === "object" && value !== null) {
      for (const [tag, child] of Object.entries(value)) visitNode(tag, child, scope);
    }
  }

  function visitNode(tag: string, node: unknown, scope: Scope): void {
    const refusal = refusalOf(tag, node, scope === null);
    if (refusal !== null) refuse(refusal.message, refusal.offset);
    switch (tag) {
      case "ColumnRef":
        return visitColumn(node as ColumnRef, scope, false);
      case "SelectStmt":
        return visitSelect(node as SelectStmt, scope);
      case "ResTarget": {
        const { name, val } = node as ResTarget;
        if (name === undefined && val !== undefined && "ColumnRef" in val)
          return visitColumn(val.ColumnRef, scope, true);
        return visit(val, scope);
      }
      case "A_Indirection":
        if (scope === null) refuseStar(node as A_Indirection);
        return visit(node, scope);
      // The modifier of a type looks like a column: geometry(Point, 4326).
      case "typeName":
      case "TypeName":
        return;
      default:
        return visit(node, scope);
    }
  }

  function visitSelect({ withClause, larg, rarg, ...rest }: SelectStmt, outer: Scope): void {
    const around = outer ?? [];
    // A common table expression does not see the FROM items of the query that it belongs to.
    visit(withClause, around);
    if (larg !== undefined) visitSelect(larg, around);
    if (rarg !== undefined) visitSelect(rarg, around);
    visit(rest, [...around, ...fromItems(rest.fromClause ?? [])]);
  }

  function visitColumn({ fields = [], location }: ColumnRef, scope: Scope, labels: boolean): void {
    const names = fields.map((field) => ("String" in field ? (field.String.sval ?? "") : null));
    const column = names.at(-1) ?? null;
    const owner = names.slice(0, -1);
    if (owner.length === 0 && scope !== null) return visitBare(column, scope, location);
    if (owner.length > 0 && !namesRow(owner, scope)) {
      if (scope === null) refuseForeign(owner, location);
      return;
    }
    if (column === null || (!columns.has(column) && owner.length === 0 && column === row.table.name)) {
      refuse(`name the columns of ${qualified(row.table)}: the row as a whole changes with every new column`, location);
    }
    if (!columns.has(column)) refuseAbsent(column, location);
    const beside = scope === null ? null : new Set(scope.map(({ name }) => name));
    found.set(location ?? 0, { location: location ?? 0, parts: names.length, column, beside, labels });
  }

  /** A bare name in a sub-select is the sub-select's own, but for one that can only be the row's. */
  function visitBare(column: string | null, scope: readonly FromItem[], location: number | undefined): void {
    if (column === null || !columns.has(column)) return;
    if (scope.some((item) => item.columns === "any" || item.name === column || item.columns.includes(column))) return;
    refuse(
      `in a sub-select the row's columns are named by its table: ${ident(row.table.name)}.${ident(column)}`,
      location,
    );
  }

  function namesRow(owner: readonly (string | null)[], scope: Scope): boolean {
    const [schema, name] = owner.length === 2 ? owner : [undefined, owner[0]];
    if (owner.length > 2 || name !== row.table.name) return false;
    if (schema !== undefined && schema !== row.table.schema) return false;
    return !(scope ?? []).some((item) => {
      // A name with its schema never means an alias; a table named without one may be in any schema.
      if (schema === undefined) return item.name === name;
      return item.name === name && item.relation !== null && (item.relation.schema ?? schema) === schema;
    });
  }

  function refuseForeign(owner: readonly (string | null)[], location: number | undefined): never {
    const name = owner.join(".");
    const field = columns.has(name) ? `; a field of the column ${name} is written (${ident(name)}).field` : "";
    refuse(`there is no ${name} here, the row is one of ${qualified(row.table)}${field}`, location);
  }

  function refuseAbsent(column: string, location: number | undefined): never {
    const near = nearestName(column, row.columns);
    const guess = near === undefined ? "" : `. Did you mean ${ident(near)}?`;
    const all = row.columns.map(ident).join(", ");
    refuse(`no column ${ident(column)} in table ${qualified(row.table)}; it has: ${all}${guess}`, location);
  }

  function refuseStar({ arg, indirection = [] }: A_Indirection): void {
    if (!indirection.some((part) => "A_Star" in part)) return;
    const location = arg !== undefined && "ColumnRef" in arg ? arg.ColumnRef.location : undefined;
    refuse("an expression has one value: name the field instead of *", location);
  }
}
