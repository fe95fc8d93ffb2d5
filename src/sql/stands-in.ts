import { ident } from "./identifier.ts";

/** Whether an object, by its name as SQL writes it, stands in one of the schemas. */
export function standsIn(schemas: readonly string[]): (name: string) => boolean {
  const prefixes = schemas.map((schema) => `${ident(schema)}.`);
  return (name) => prefixes.some((prefix) => name.startsWith(prefix));
}
