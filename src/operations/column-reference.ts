import { ident } from "../sql/identifier.ts";

/** A column as an expression of a plan writes it. */
export function columnReference(name: string): string {
  return ident(name);
}
