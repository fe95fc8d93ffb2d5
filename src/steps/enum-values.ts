import { type Catalog, factKey } from "../model/catalog.ts";
import type { EnumUse } from "../model/enum-use.ts";
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

/** What has an enum and what uses it, as the server told. @throws SegueError SEG0101 if there is none. */
export function enumUse(catalog: Catalog, type: RelationName): EnumUse {
  const fact = catalog.facts[factKey({ ask: "enum use", type })];
  if (fact !== undefined && "use" in fact) return fact.use;
  const message =
    fact !== undefined && "error" in fact ? fact.error : `type ${relationKey(type)} was not read from the catalog`;
  throw new SegueError("SEG0101", { message, object: relationKey(type) });
}
