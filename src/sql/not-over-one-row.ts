import type { FuncCall, RangeVar } from "libpg-query";
import type { Refusal } from "./refusal.ts";

/** Aggregates of PostgreSQL 14 to 18 by name; others show by their syntax or are left to the server. */
const AGGREGATES = new Set(
  (
    "any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or count every json_agg json_object_agg jsonb_agg " +
    "jsonb_object_agg max min range_agg range_intersect_agg stddev stddev_pop stddev_samp string_agg sum " +
    "var_pop var_samp variance xmlagg"
  ).split(" "),
);

/**
 * Why a node has no place in an expression over one row; null if it has.
 *
 * @param outermost whether it stands outside of any sub-select, where an aggregate would run over the table.
 */
export function refusalOf(tag: string, node: unknown, outermost: boolean): Refusal | null {
  const { location, relation, rel } = (node ?? {}) as { location?: number; relation?: RangeVar; rel?: RangeVar };
  const because = (message: string, offset = location): Refusal => ({ message, offset: offset ?? 0 });
  switch (tag) {
    case "ParamRef":
      return because("an expression takes no parameters");
    case "SetToDefault":
      return because("DEFAULT is no expression; write the value");
    case "InsertStmt":
    case "UpdateStmt":
    case "DeleteStmt":
    case "MergeStmt":
      return because("an expression can't write to a table", relation?.location);
    case "intoClause":
      return because("an expression can't write to a table", rel?.location);
    case "GroupingFunc":
    case "MergeSupportFunc":
    case "JsonArrayAgg":
    case "JsonObjectAgg":
      return outermost ? because("an expression over one row has nothing to aggregate") : null;
    case "FuncCall": {
      if (!outermost) return null;
      const call = node as FuncCall;
      if (call.over !== undefined) return because("an expression over one row has no window");
      return aggregates(call) ? because("an expression over one row has nothing to aggregate") : null;
    }
    default:
      return null;
  }
}

function aggregates({
  funcname = [],
  agg_star,
  agg_distinct,
  agg_filter,
  agg_order,
  agg_within_group,
}: FuncCall): boolean {
  if (agg_star || agg_distinct || agg_within_group || agg_filter !== undefined || agg_order !== undefined) return true;
  const names = funcname.map((part) => ("String" in part ? part.String.sval : ""));
  const builtin = names.length === 1 || names[0] === "pg_catalog";
  return builtin && AGGREGATES.has(names.at(-1) ?? "");
}
