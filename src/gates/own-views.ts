import type { Program } from "../model/program.ts";
import { standsIn } from "../sql/stands-in.ts";

/**
 * Whether a dependent, as it is named, stands in a versioned schema that the rollout itself makes or takes away: the one
 * does not show what the cut-over hides, the other goes before it.
 */
export function ownViews({ versions = [] }: Pick<Program, "versions">): (name: string) => boolean {
  const schemas = versions.flatMap(({ schema, replaces }) => [
    ...(schema === null ? [] : [schema]),
    ...replaces.flatMap((one) => [one.schema, one.hidden]),
  ]);
  return standsIn(schemas);
}
