import type { Alias } from "libpg-query";
import { parse } from "./parser.ts";

/**
 * True if a query gives the columns of one of these relations names by their position: `users AS u (id, name)`. So it does
 * for a join as a whole, whose columns are those of its sides. False for a text that does not parse.
 */
export function namesByPosition(query: string, relations: readonly string[]): boolean {
  const { statements } = parse(query);
  return (statements ?? []).some(({ node }) => visit(node));

  function visit(value: unknown): boolean {
    if (Array.isArray(value)) return value.some(visit);
    if (typeof value !== "object" || value === null) return false;
    return Object.entries(value).some(([tag, child]) => renames(tag, child) || visit(child));
  }

  function renames(tag: string, node: unknown): boolean {
    if (tag !== "RangeVar" && tag !== "JoinExpr") return false;
    const { alias, relname } = node as { alias?: Alias; relname?: string };
    if ((alias?.colnames ?? []).length === 0) return false;
    return relname === undefined || relations.includes(relname);
  }
}
