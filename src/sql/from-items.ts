import type { Alias, Node, RangeFunction } from "libpg-query";

/** What a FROM clause puts in scope under one name. */
export interface FromItem {
  readonly name: string;
  /** Set for a table without an alias: only that can also be named by its schema. */
  readonly relation: { readonly schema: string | null } | null;
  /** The columns that it brings besides its own name; `any` where only the catalog knows them. */
  readonly columns: readonly string[] | "any";
}

/**
 * The items of a FROM clause, at any depth of its joins. A join's alias hides the items inside of it from the rest of
 * the query; here both count as there, so that a name in doubt stays the sub-select's own.
 */
export function fromItems(clause: readonly Node[]): readonly FromItem[] {
  return clause.flatMap(itemsOf);
}

function itemsOf(node: Node): FromItem[] {
  if ("RangeVar" in node) {
    const { alias, relname, schemaname } = node.RangeVar;
    if (alias !== undefined) return [aliased(alias)];
    return [{ name: relname ?? "", relation: { schema: schemaname ?? null }, columns: "any" }];
  }
  if ("JoinExpr" in node) {
    const { larg, rarg, alias, join_using_alias } = node.JoinExpr;
    const sides = [larg, rarg].flatMap((side) => (side === undefined ? [] : itemsOf(side)));
    return [...sides, ...[alias, join_using_alias].flatMap((one) => (one === undefined ? [] : [aliased(one)]))];
  }
  if ("RangeTableSample" in node) {
    const { relation } = node.RangeTableSample;
    return relation === undefined ? [] : itemsOf(relation);
  }
  if ("RangeFunction" in node) return [functionItem(node.RangeFunction)];
  if ("RangeSubselect" in node) return [aliased(node.RangeSubselect.alias ?? {})];
  if ("RangeTableFunc" in node) return [aliased(node.RangeTableFunc.alias ?? { aliasname: "xmltable" })];
  if ("JsonTable" in node) return [aliased(node.JsonTable.alias ?? { aliasname: "json_table" })];
  return [];
}

function aliased({ aliasname }: Alias): FromItem {
  return { name: aliasname ?? "", relation: null, columns: "any" };
}

/** Functions whose one output column is named by the alias or, without one, by the function. */
const SCALAR_SETS = new Set(["unnest", "generate_series", "generate_subscripts", "string_to_table"]);

function functionItem({ functions = [], alias, ordinality, coldeflist }: RangeFunction): FromItem {
  const called = functions.flatMap((list) => {
    const call = "List" in list ? list.List.items?.[0] : undefined;
    const last = call !== undefined && "FuncCall" in call ? call.FuncCall.funcname?.at(-1) : undefined;
    return last !== undefined && "String" in last ? [last.String.sval ?? ""] : [];
  });
  const known = functions.length === 1 && called.every((name) => SCALAR_SETS.has(name)) && coldeflist === undefined;
  const named = (alias?.colnames ?? []).flatMap((one) => ("String" in one ? [one.String.sval ?? ""] : []));
  const columns = [...named, ...called, ...(ordinality === true ? ["ordinality"] : [])];
  return { name: alias?.aliasname ?? called[0] ?? "", relation: null, columns: known ? columns : "any" };
}
