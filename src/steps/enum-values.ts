import { type Catalog, factKey } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey, type RelationName } from "../model/relation.ts";

/** Where the values of an enum stand among the facts. */
export function enumKey(type: RelationName): string {
  return factKey({ ask: "enum", type });
}

/** The values of an enum in their order, as the entries before leave them. @throws SegueError SEG0101 if there is none. */
export function enumValues(catalog: Catalog, type: RelationName): readonly string[] {
  const fact = catalog.facts[enumKey(type)];
  if (fact !== undefined && "values" in fact) return fact.values;
  const message =
    fact !== undefined && "error" in fact ? fact.error : `type ${relationKey(type)} was not read from the catalog`;
  throw new SegueError("SEG0101", { message, object: relationKey(type) });
}
