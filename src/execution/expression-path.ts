import { ident } from "../sql/identifier.ts";

/** The path on which a plan's own words are looked up: the same in DDL, in fills and in sync functions. */
export function expressionPath(schema: string): string {
  return [...new Set([schema, "public"])].map(ident).concat("pg_temp").join(", ");
}
